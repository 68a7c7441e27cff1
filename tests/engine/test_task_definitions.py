"""Task definitions and services that decide whether and where a command runs: judged before `up`, and true in a run."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.account import REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.stacks import Stack
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Outcome, Program

CLUSTER = "judged"
EVERY = timedelta(minutes=10)
LOGS = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": f"/{CLUSTER}/app", "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"},
}


def definition(*entry_point: str, **more: object) -> dict[str, Any]:
    """Return a task definition, as ECS describes it, whose container has this entry point."""
    container = {"name": "app", "image": "app", "essential": True, "memory": 256, "logConfiguration": LOGS}
    return {
        "cpu": ".25 vcpu",
        "memory": ".5 GB",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "executionRoleArn": f"arn:aws:iam::123456789012:role/{CLUSTER}-app",
        "containerDefinitions": [{**container, **({"entryPoint": list(entry_point)} if entry_point else {})}],
        **more,
    }


BASE = [
    {"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0},
    {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
]
PLATFORM = {
    "cluster": CLUSTER,
    "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
    "subnets": ["subnet-0a0000000000000e1"],
    "securityGroups": ["sg-010000000000000e1"],
    "taskDefinitions": {
        "plain": definition(),
        "changing": definition(),
        "shell": definition("sh", "-c"),
        "wrapped": definition("sh", "-c", 'exec "$@"', "--"),
        "volume": definition(volumes=[{"name": "scratch", "configuredAtLaunch": True}]),
        "windows": definition(
            cpu="1024", memory="2048", runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
        ),
    },
    "services": {
        **{family: family for family in ("plain", "changing", "shell", "wrapped", "volume", "windows")},
        "spot": {"taskDefinition": "plain", "capacityProviderStrategy": BASE},
    },
}


@pytest.fixture(scope="module", autouse=True)
def _platform(make_platform: Callable[[Mapping[str, Any]], Stack]) -> Iterator[None]:
    """Deploy the task definitions and the services; take them away when all is tried."""
    stack = make_platform(PLATFORM)
    yield
    stack.run("destroy", "--yes", "--skip-preview", quiet=True)


@pytest.fixture
def program(make_program: Callable[[str], Program], request: pytest.FixtureRequest) -> Iterator[Program]:
    """Lay out a program for one test, and take away what it has deployed."""
    made = make_program(re.sub(r"[^a-z]+", "-", request.node.name.removeprefix("test_")).strip("-"))
    yield made
    assert made.run("destroy").code == 0


def write(program: Program, service: str, command: list[str], **more: object) -> None:
    """Write one job of a service, every ten minutes, and its stack file; `more` are sizes and keys of its placement."""
    program.write_jobs(
        files={"told": f"from settings import Job\n\nJOB = Job(name='told', owner='data', command={command!r})\n"}
    )
    sizes = {key: more.pop(key) for key in ("cpu", "memory") if key in more}
    program.write_config(
        {
            "aws:region": REGION,
            "scheduled-jobs:placements": {"default": {"service": {"cluster": CLUSTER, "name": service}, **more}},
            "scheduled-jobs:schedules": {"told": {"rate": "10 minutes", **sizes}},
            "scheduled-jobs:alerts": {"email": ["on-call@example.com"]},
        }
    )


def refused(program: Program) -> Outcome:
    """Insist that both a preview and `up` fail, and that nothing is touched."""
    outcomes = [program.run(command) for command in ("preview", "up")]
    for outcome in outcomes:
        assert outcome.code != 0
        assert {kind for _, kind, _ in outcome.changes} <= {"Stack", "aws"}, outcome.output
    return outcomes[0]


def sent(sandbox: Sandbox, program: Program) -> dict[str, Any]:
    """Return what the deployed schedule sends to RunTask."""
    group = f"scheduled-jobs-{program.stack.name}"
    target = sandbox.account.client("scheduler").get_schedule(GroupName=group, Name="told")["Target"]
    request: dict[str, Any] = json.loads(target["Input"])
    return request


def run_of(sandbox: Sandbox) -> tuple[dict[str, Any], list[str]]:
    """Let the first tick pass; return the task of the job's run as ECS describes it, and its log."""
    [run] = sandbox.advance(EVERY)
    assert (run["job"], run["exitCode"]) == ("told", 0), run
    [task] = sandbox.account.client("ecs").describe_tasks(cluster=CLUSTER, tasks=[run["task"]])["tasks"]
    stream = f"ecs/app/{run['task'].rpartition('/')[2]}"
    events = sandbox.account.client("logs").get_log_events(
        logGroupName=f"/{CLUSTER}/app", logStreamName=stream, startFromHead=True
    )
    return task, [event["message"] for event in events["events"]]


def test_shell_gets_one_word(sandbox: Sandbox, program: Program) -> None:
    """A shell that would run only the first word is refused; the command that the message offers runs whole."""
    write(program, "shell", ["printf", "%s\\n", "one", "two"])
    told = refused(program).output
    assert "jobs/told.py.command: " in told
    assert """ECS would run: sh -c printf '%s\\n' one two; of this the shell runs only: printf""" in told
    offered = json.loads(told.partition("command=")[2].splitlines()[0])
    write(program, "shell", offered)
    program.up()
    assert run_of(sandbox)[1] == ["one", "two"]


def test_entry_point_runs_the_command(sandbox: Sandbox, program: Program) -> None:
    """An entry point that runs all words is shown once in a preview, and runs the command."""
    write(program, "wrapped", ["printf", "%s\\n", "one", "two"])
    noted = 'commands run as arguments of the entry point ["sh", "-c", "exec \\"$@\\"", "--"]'
    assert program.run("preview").output.partition("Diagnostics:")[2].count(noted) == 1
    program.up()
    assert run_of(sandbox)[1] == ["one", "two"]


def test_new_entry_point_is_told(sandbox: Sandbox, program: Program) -> None:
    """A new revision whose entry point drops words of the deployed command is told before the next tick."""
    write(program, "changing", ["printf", "%s\\n", "one", "two"])
    program.up()
    ecs = sandbox.account.client("ecs")
    known = ecs.describe_task_definition(taskDefinition="changing")["taskDefinition"]
    members = ("family", "cpu", "memory", "networkMode", "requiresCompatibilities", "executionRoleArn")
    [container] = known["containerDefinitions"]
    shell = {**container, "entryPoint": ["sh", "-c"]}
    ecs.register_task_definition(**{name: known[name] for name in members}, containerDefinitions=[shell])
    sandbox.advance(EVERY / 2)
    topic = f":scheduled-jobs-{program.stack.name}-alerts"
    [mail] = [mail for mail in sandbox.client.get("mail") if mail["topic"].endswith(topic)]
    lost = "the entry point of the container 'app' runs only the first word of the command of told"
    assert lost in mail["body"]


@pytest.mark.parametrize(
    ("more", "bases", "provider"),
    [
        ({}, {"FARGATE": 1}, "FARGATE"),
        ({"capacity": {"FARGATE": 1, "FARGATE_SPOT": {"weight": 1, "base": 2}}}, {"FARGATE_SPOT": 2}, "FARGATE_SPOT"),
        ({"capacity": {"FARGATE": 1, "FARGATE_SPOT": 3}}, {}, "FARGATE_SPOT"),
    ],
    ids=["of-the-service", "of-config", "none"],
)
def test_base_decides(
    sandbox: Sandbox, program: Program, more: dict[str, object], bases: dict[str, int], provider: str
) -> None:
    """The base of the service's strategy, or that of config, is sent, and the run goes to its capacity provider."""
    write(program, "spot", ["true"], **more)
    program.up()
    strategy = sent(sandbox, program)["CapacityProviderStrategy"]
    assert {one["CapacityProvider"]: one["Base"] for one in strategy if "Base" in one} == bases
    assert run_of(sandbox)[0]["capacityProviderName"] == provider


def test_volume_of_a_launch_is_refused(program: Program) -> None:
    """A volume that RunTask would have to configure is an error, which says what RunTask needs."""
    write(program, "volume", ["true"])
    told = refused(program).output
    assert "scheduled-jobs:placements.default.taskDefinition: 'volume': its volume 'scratch' is configured" in told
    assert "RunTask needs volumeConfigurations" in told


def test_windows_has_no_small_sizes(sandbox: Sandbox, program: Program) -> None:
    """Below 1 vCPU Windows is refused; what the message offers is deployed."""
    write(program, "windows", ["true"], cpu=512, memory=1024)
    told = "scheduled-jobs:schedules.told: cpu 512 is not a Fargate size for Windows; must be one of: 1024, 2048, 4096"
    assert told in refused(program).output
    write(program, "windows", ["true"], cpu=2048, memory=4096)
    program.up()
    assert sent(sandbox, program)["Overrides"]["Cpu"] == "2048"


def test_windows_has_no_spot(program: Program) -> None:
    """Windows containers on Fargate Spot are refused, with the key that names the capacity provider."""
    write(program, "windows", ["true"], capacity={"FARGATE": 1, "FARGATE_SPOT": 1})
    told = "scheduled-jobs:placements.default.capacity: 'FARGATE_SPOT': runs no Windows containers"
    assert told in refused(program).output


def test_sizes_are_read_as_ecs_stores_them(sandbox: Sandbox, program: Program) -> None:
    """Beside `.25 vcpu` and `.5 GB` of the task definition, a memory of 256 CPU units is right and another is not."""
    write(program, "plain", ["true"], memory=4096)
    assert "memory 4096 does not go with cpu 256 on Fargate" in refused(program).output
    write(program, "plain", ["true"], memory=2048)
    program.up()
    [task_definition] = [sent(sandbox, program)["TaskDefinition"]]
    found = sandbox.account.client("ecs").describe_task_definition(taskDefinition=task_definition)["taskDefinition"]
    assert (found["cpu"], found["memory"]) == ("256", "512")
    assert sent(sandbox, program)["Overrides"]["Memory"] == "2048"
