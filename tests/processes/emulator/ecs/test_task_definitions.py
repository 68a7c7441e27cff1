"""RegisterTaskDefinition refuses the sizes and logs that ECS refuses, and converts sizes as ECS does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import APP, client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

pytestmark = pytest.mark.usefixtures("world")

NO_FARGATE = "No Fargate configuration exists for given values: {} CPU, {} memory. See the Amazon ECS documentation for"
WINDOWS = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
INVALID = "Invalid '{}' setting for task. For more information, see the Troubleshooting section"
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no pair": ({"cpu": "1024", "memory": "1024"}, NO_FARGATE.format(1024, 1024)),
    "no pair, with units": ({"cpu": "1 vCPU", "memory": "1 GB"}, NO_FARGATE.format(1024, 1024)),
    "no size": ({"cpu": "300", "memory": "512"}, NO_FARGATE.format(300, 512)),
    "Windows below one vCPU": ({"runtimePlatform": WINDOWS}, NO_FARGATE.format(256, 1024)),
    "no cpu": ({"cpu": None}, "Fargate requires that 'cpu' be defined at the task level."),
    "no memory": ({"memory": None}, "Fargate requires that 'memory' be defined at the task level."),
    "words for cpu": ({"cpu": "1 GB"}, INVALID.format("cpu")),
    "words for memory": ({"memory": "much"}, INVALID.format("memory")),
    "words for machines": ({"cpu": "much", "requiresCompatibilities": ["EC2"]}, INVALID.format("cpu")),
}


OPTIONS = APP["logConfiguration"]["options"]
BARE = {**OPTIONS, "awslogs-stream-prefix": ""}
MACHINES = {"requiresCompatibilities": ["EC2"], "executionRoleArn": None}
REFUSED_LOGS: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "no group": ({**OPTIONS, "awslogs-group": ""}, MACHINES, "Log driver awslogs requires options: awslogs-group"),
    "no options": ({}, MACHINES, "Log driver awslogs requires options: awslogs-region, awslogs-group"),
    "a group not to be created": (
        {**OPTIONS, "awslogs-create-group": "false"},
        MACHINES,
        "Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit option.",
    ),
    "no execution role on Fargate": (
        OPTIONS,
        {"executionRoleArn": None},
        "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
    ),
    "no prefix on Fargate": (
        BARE,
        {},
        "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver awslogs.",
    ),
}


def with_log(options: dict[str, str]) -> dict[str, Any]:
    """Return a container with these options of its log driver; those without a value are left out."""
    given = {name: value for name, value in options.items() if value}
    return {**APP, "logConfiguration": {"logDriver": "awslogs", "options": given}}


@pytest.mark.parametrize(("options", "changes", "words"), REFUSED_LOGS.values(), ids=REFUSED_LOGS)
def test_refused_logs(world: World, options: dict[str, str], changes: dict[str, Any], words: str) -> None:
    """The log driver awslogs needs options, and on Fargate an execution role and a prefix."""
    assert refusal(lambda: world.define(with_log(options), **changes)) == ("ClientException", words)


@pytest.mark.parametrize("options", [BARE, {**BARE, "awslogs-create-group": "true"}], ids=["bare", "created"])
def test_logs_on_machines(world: World, options: dict[str, str]) -> None:
    """On machines the log driver needs neither an execution role nor a prefix."""
    world.define(with_log(options), **MACHINES)
    found = client("ecs").describe_task_definition(taskDefinition="app")["taskDefinition"]
    assert found["containerDefinitions"][0]["logConfiguration"] == with_log(options)["logConfiguration"]


@pytest.mark.parametrize(("seconds", "compatibility"), [(120, "FARGATE"), (121, "EC2")])
def test_stop_timeout(world: World, seconds: int, compatibility: str) -> None:
    """A container has two minutes from SIGTERM to SIGKILL at most on Fargate, and as many as it wants on machines."""
    world.define({**APP, "stopTimeout": seconds}, requiresCompatibilities=[compatibility])
    found = client("ecs").describe_task_definition(taskDefinition="app")["taskDefinition"]
    assert found["containerDefinitions"][0]["stopTimeout"] == seconds


def test_stop_timeout_that_fargate_does_not_have(world: World) -> None:
    """A longer stop timeout on Fargate is refused, and names the container."""
    code, message = refusal(lambda: world.define({**APP, "stopTimeout": 121}))
    assert (code, message) == (
        "ClientException",
        "Invalid stopTimeout 121 for container app: Fargate allows at most 120 seconds.",
    )


@pytest.mark.parametrize(("changes", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(world: World, changes: dict[str, Any], words: str) -> None:
    """A task definition for Fargate needs sizes that Fargate offers."""
    code, message = refusal(lambda: world.define(APP, **changes))
    assert code == "ClientException"
    assert message.startswith(words)


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        ({"cpu": ".25 vcpu", "memory": ".5 GB"}, ("256", "512")),
        ({"cpu": "1 vCPU", "memory": "2GB"}, ("1024", "2048")),
        ({"cpu": "1024", "memory": "2048", "runtimePlatform": WINDOWS}, ("1024", "2048")),
        ({"cpu": "300", "memory": "600", "requiresCompatibilities": ["EC2"]}, ("300", "600")),
    ],
    ids=["smallest", "one", "Windows", "machines"],
)
def test_stored(world: World, changes: dict[str, Any], stored: tuple[str, str]) -> None:
    """ECS stores sizes as CPU units and MiB."""
    world.define(APP, **changes)
    found = client("ecs").describe_task_definition(taskDefinition="app")["taskDefinition"]
    assert (found["cpu"], found["memory"]) == stored


def test_the_newest_active_revision_is_described(world: World) -> None:
    """A family stands for its newest active revision, and for none without one; each revision is known for good."""
    ecs = client("ecs")
    for _ in range(3):
        world.define(APP)
    newest = ecs.describe_task_definition(taskDefinition="app")["taskDefinition"]["revision"]
    ecs.deregister_task_definition(taskDefinition=f"app:{newest}")
    assert ecs.describe_task_definition(taskDefinition="app")["taskDefinition"]["revision"] == newest - 1
    assert ecs.describe_task_definition(taskDefinition=f"app:{newest}")["taskDefinition"]["status"] == "INACTIVE"
    for revision in range(1, newest):
        ecs.deregister_task_definition(taskDefinition=f"app:{revision}")
    refused = refusal(lambda: ecs.describe_task_definition(taskDefinition="app"))
    assert refused == ("ClientException", "Unable to describe task definition.")


def test_machines_need_no_size(world: World) -> None:
    """A task definition for EC2 may leave sizes out."""
    world.define(APP, cpu=None, memory=None, requiresCompatibilities=["EC2"])
    found = client("ecs").describe_task_definition(taskDefinition="app")["taskDefinition"]
    assert "cpu" not in found


def test_volume_that_is_configured_at_launch(world: World) -> None:
    """RunTask needs the configuration of a volume that its task definition leaves open, and no other."""
    role = "arn:aws:iam::123456789012:role/ebs"
    configured = [{"name": "data", "managedEBSVolume": {"roleArn": role, "sizeInGiB": 10}}]
    code, message = refusal(lambda: world.run(volumeConfigurations=configured))
    assert (code, "volumeConfigurations" in message) == ("InvalidParameterException", True)
    world.define(APP, volumes=[{"name": "data", "configuredAtLaunch": True}, {"name": "cache"}])
    code, message = refusal(world.run)
    assert (code, "data" in message) == ("InvalidParameterException", True)
    assert len(world.run(volumeConfigurations=configured)) == 1
