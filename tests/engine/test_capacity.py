"""Jobs on EC2 and on Managed Instances, on the real engine: judged, deployed, run, and run again when drained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.fault_injection.faults import Fault, Kind, StagedStop, Status
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox
from tests.engine.supervised import HOURLY, outcomes, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.stacks import Stack
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK, CLUSTER = "capacity", "machines"
SUBNET = "subnet-0a0000000000000f1"
LOST = "Host EC2 (instance i-0123456789abcdef0) terminated."
DRAINED = "Task stopped during instance draining"


def definition(*compatibilities: str) -> dict[str, Any]:
    """Return a task definition, as ECS describes it, that was registered for this."""
    logs = {
        "logDriver": "awslogs",
        "options": {"awslogs-group": f"/{CLUSTER}/app", "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"},
    }
    return {
        "cpu": "3000",
        "memory": "1000",
        "networkMode": "awsvpc",
        "requiresCompatibilities": list(compatibilities),
        "executionRoleArn": f"arn:aws:iam::123456789012:role/{CLUSTER}-app",
        "containerDefinitions": [
            {"name": "app", "image": "app", "essential": True, "memory": 256, "logConfiguration": logs}
        ],
    }


PLATFORM = {
    "cluster": CLUSTER,
    "capacityProviders": ["FARGATE", "group"],
    "managedInstances": ["managed"],
    "subnets": [SUBNET],
    "securityGroups": ["sg-010000000000000f1"],
    "taskDefinitions": {"on-group": definition("EC2"), "on-managed": definition("MANAGED_INSTANCES")},
    "services": {},
}
LAUNCH_TYPES = {
    "on-group": "EC2",
    "image-on-group": "EC2",
    "on-managed": "MANAGED_INSTANCES",
    "image-on-managed": "MANAGED_INSTANCES",
}
RETRIED = "retries=1, backoff='1m'"
ASKS = {
    "on-group": "",
    "image-on-group": f"image=Image('registry.example.com/app:1'), {RETRIED}",
    "on-managed": RETRIED,
    "image-on-managed": "image=Image('registry.example.com/app:1')",
}


def place(provider: str, **more: object) -> dict[str, Any]:
    """Return a placement on a capacity provider."""
    return {"cluster": CLUSTER, "subnets": [SUBNET], "capacity": {provider: 1}, **more}


def write(program: Program, queue: str, **placements: Mapping[str, Any]) -> None:
    """Write the jobs, and the stack file with these placements besides the usual ones."""
    program.write_jobs(
        files={
            name.replace("-", "_"): "from settings import Image, Job\n\n"
            f"JOB = Job(name={name!r}, owner='data', command=['echo', 'done'], {asks})\n"
            for name, asks in ASKS.items()
        }
    )
    usual = {
        "on-group": place("group", taskDefinition="on-group"),
        "image-on-group": place("group"),
        "on-managed": place("managed", taskDefinition="on-managed"),
        "image-on-managed": place("managed"),
    }
    program.write_config(
        {
            "aws:region": REGION,
            "scheduled-jobs:placements": {**usual, **placements},
            "scheduled-jobs:schedules": {name: {"cron": HOURLY[5:-1], "placement": name} for name in ASKS},
            "scheduled-jobs:alerts": {"sqs": [queue]},
        }
    )


@pytest.fixture
def alerting(
    sandbox: Sandbox,
    make_platform: Callable[[Mapping[str, Any]], Stack],
    make_program: Callable[[str], Program],
) -> Iterator[Alerting]:
    """Lay out the capacity, and a job with and one without an image of its own on each kind; a queue has the alerts."""
    platform, program = make_platform(PLATFORM), make_program(STACK)
    with inbox(sandbox, STACK) as queue:
        write(program, queue.arn)
        yield Alerting(sandbox, program, queue)
        assert program.run("destroy").code == 0
    platform.run("destroy", "--yes", "--skip-preview", quiet=True)


def launch_types(alerting: Alerting, job: str, tick: Any) -> list[str]:  # noqa: ANN401 - a moment
    """Return what the runs of a tick ran on, as ECS tells it."""
    ecs = alerting.sandbox.account.client("ecs")
    tasks = [run.task for run in runs(alerting.tick(job, tick))]
    return [one["launchType"] for one in ecs.describe_tasks(cluster=CLUSTER, tasks=tasks)["tasks"]]


def test_runs_and_is_interrupted(sandbox: Sandbox, alerting: Alerting) -> None:
    """A preview judges by the rules of each. A run that loses its machine is interrupted, and retried if supervised."""
    program = alerting.program
    wrong = {
        "on-managed": place("managed", taskDefinition="on-group"),
        "image-on-group": place("group", assignPublicIp=True),
    }
    write(program, alerting.inbox.arn, **wrong)
    refused = program.run("preview")
    assert refused.code != 0
    for line in (
        "placements.on-managed.taskDefinition: 'on-group': was registered for EC2; requiresCompatibilities must",
        "placements.image-on-group.assignPublicIp: true: tasks on EC2 instances get no public address",
    ):
        assert line in refused.output
    write(program, alerting.inbox.arn)
    program.up()
    assert program.run("up", "--expect-no-changes").code == 0

    alerting.stage(Fault(Kind.PENDING, status=Status.PROVISIONING, seconds=840.0), "on-group")
    alerting.stage(Fault(Kind.EXIT, no_code=True, stop_code=StagedStop.NONE, reason=LOST), "image-on-group")
    alerting.stage(Fault(Kind.EXIT, stop_code=StagedStop.NONE, reason=DRAINED), "on-managed")
    alerting.stage(Fault(Kind.EXIT, stop_code=StagedStop.NONE, reason=DRAINED), "image-on-managed")
    hour = sandbox.pass_hour(minutes=30)
    found = {job: outcomes(alerting.tick(job, hour)) for job in ASKS}
    assert found == {
        "on-group": ["good"],
        "image-on-group": ["interrupted", "good"],
        "on-managed": ["interrupted", "good"],
        "image-on-managed": ["interrupted"],
    }
    for job, launch_type in LAUNCH_TYPES.items():
        assert launch_types(alerting, job, hour) == [launch_type] * len(found[job])
    assert [(alert["schedule"], alert["class"], alert["reason"]) for alert in alerting.alerts()] == [
        ("image-on-managed", "interrupted", DRAINED)
    ]
