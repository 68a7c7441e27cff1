"""RegisterTaskDefinition refuses and converts the sizes that ECS refuses and converts."""

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
        ({"cpu": "300", "memory": "300", "requiresCompatibilities": ["EC2"]}, ("300", "300")),
    ],
    ids=["smallest", "one", "Windows", "machines"],
)
def test_stored(world: World, changes: dict[str, Any], stored: tuple[str, str]) -> None:
    """ECS stores sizes as CPU units and MiB."""
    world.define(APP, **changes)
    found = client("ecs").describe_task_definition(taskDefinition="app")["taskDefinition"]
    assert (found["cpu"], found["memory"]) == stored


def test_machines_need_no_size(world: World) -> None:
    """A task definition for EC2 may leave sizes out."""
    world.define(APP, cpu=None, memory=None, requiresCompatibilities=["EC2"])
    found = client("ecs").describe_task_definition(taskDefinition="app")["taskDefinition"]
    assert "cpu" not in found


def test_volume_that_is_configured_at_launch(world: World) -> None:
    """RunTask needs the configuration of a volume that its task definition leaves open, and no other."""
    configured = [{"name": "data", "managedEBSVolume": {"roleArn": "arn:aws:iam::123456789012:role/ebs"}}]
    code, message = refusal(lambda: world.run(volumeConfigurations=configured))
    assert (code, "volumeConfigurations" in message) == ("InvalidParameterException", True)
    world.define(APP, volumes=[{"name": "data", "configuredAtLaunch": True}, {"name": "cache"}])
    code, message = refusal(world.run)
    assert (code, "data" in message) == ("InvalidParameterException", True)
    assert len(world.run(volumeConfigurations=configured)) == 1
