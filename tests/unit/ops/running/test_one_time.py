"""Tests of one-time schedules, and of finding the task that one has started."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import botocore.session
import pytest
from botocore.model import StructureShape

from ops.errors import OpsError
from ops.operator_account import NotStartedError
from ops.running import one_time, through_scheduler
from ops.running.one_time import OneTime
from ops.running.through_scheduler import ThroughScheduler
from watch.decisions import by_hand_letter
from watch.launches import Message
from watch.records import Run, Tick

NOW = datetime(2027, 1, 4, 9, 0, 30, 500, tzinfo=UTC)
TICK = "2027-01-04T02:00:00Z"
A, B = "0000aaaa", "0000bbbb"
ROLE = "arn:aws:iam::123456789012:role/launch"
SECRET = "hunter22"  # noqa: S105 - what must not be shown
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:dead"
RUN_TASK, SEND = "arn:aws:scheduler:::aws-sdk:ecs:runTask", "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
SEED = "0123456789abcdef" * 2


def pairs(**values: str) -> list[dict[str, str]]:
    """Return variables as a request has them."""
    return [{"Name": name, "Value": value} for name, value in values.items()]


REQUEST = {
    "Cluster": "production",
    "TaskDefinition": "web",
    "ClientToken": f"{SEED}-<aws.scheduler.scheduled-time>",
    "ReferenceId": "<aws.scheduler.execution-id>",
    "Overrides": {
        "ContainerOverrides": [
            {"Name": "app", "Environment": pairs(JOB_SCHEDULED_TIME="<aws.scheduler.scheduled-time>", TOKEN=SECRET)}
        ]
    },
}


def made(target: str = RUN_TASK, request: object = REQUEST, *, insists: bool = False, **schedule: Any) -> OneTime:  # noqa: ANN401 - GetSchedule's members
    """Return the one-time schedule for a nightly one."""
    nightly = {
        "Name": "nightly",
        "GroupName": "jobs",
        "ScheduleExpression": "cron(0 2 * * ? *)",
        "State": "DISABLED",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        "Target": {
            "Arn": target,
            "RoleArn": ROLE,
            "Input": json.dumps(request),
            "DeadLetterConfig": {"Arn": QUEUE},
            "RetryPolicy": {"MaximumRetryAttempts": 3},
        },
        **schedule,
    }
    message = Message(job="nightly", schedule="nightly", tick=TICK, rerun=A, insists=insists)
    return OneTime(schedule=nightly, message=message, at=one_time.at(NOW), by="ada")


def test_it_has_the_target_and_the_role_of_the_schedule() -> None:
    """It is due in a minute, without a window, whatever the state of the job's schedule, and deletes itself."""
    params = made().params()
    given = json.loads(params["Target"].pop("Input"))
    assert params == {
        "GroupName": "jobs",
        "Name": f"by-hand_{A}",
        "Description": "python -m ops run: nightly, by ada",
        "ScheduleExpression": "at(2027-01-04T09:01:30)",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": RUN_TASK,
            "RoleArn": ROLE,
            "DeadLetterConfig": {"Arn": QUEUE},
            "RetryPolicy": {"MaximumRetryAttempts": 3},
        },
    }
    environment = pairs(JOB_SCHEDULED_TIME=TICK, TOKEN=SECRET, JOB_TRIGGER="manual")
    assert given == {
        **REQUEST,
        "ClientToken": f"{SEED}-{TICK}-{A}",
        "StartedBy": f"ops/rerun/{A}",
        "Overrides": {"ContainerOverrides": [{"Name": "app", "Environment": environment}]},
    }
    assert made(KmsKeyArn="arn:key").params()["KmsKeyArn"] == "arn:key"


def test_of_a_supervised_job_it_sends_the_request_to_the_queue() -> None:
    """So the supervisor knows the run as an operator's."""
    request = {"QueueUrl": "https://queue", "MessageBody": '{"schedule":"nightly","tick":"<x>"}'}
    given = json.loads(made(SEND, request, insists=True).params()["Target"]["Input"])
    assert given["QueueUrl"] == "https://queue"
    assert json.loads(given["MessageBody"]) == {"schedule": "nightly", "tick": TICK, "rerun": A, "insists": True}


def test_no_container_is_overridden_that_was_not() -> None:
    """The schedule of another program may override none."""
    given = json.loads(made(request={"TaskDefinition": "web"}).params()["Target"]["Input"])
    assert given.keys() == {"TaskDefinition", "ClientToken", "StartedBy"}


def test_another_target_is_refused() -> None:
    """It starts no task."""
    with pytest.raises(OpsError, match="nightly does not call RunTask; its target is arn:aws:lambda"):
        made("arn:aws:lambda:eu-central-1:123456789012:function:f").params()


def test_it_is_shown_without_secrets() -> None:
    """People paste what they see."""
    shape = botocore.session.get_session().get_service_model("ecs").operation_model("RunTask").input_shape
    assert isinstance(shape, StructureShape)
    shown = json.dumps(made().shown(shape))
    assert SECRET not in shown
    assert f'"startedBy": "ops/rerun/{A}"' in shown


def arn(number: int) -> str:
    """Return the ARN of a task."""
    return f"arn:aws:ecs:eu-central-1:123456789012:task/production/{number}"


@dataclass
class World:
    """A ledger and an ECS. Each look at the tick takes the next answer; the last one stays."""

    ticks: list[Tick | None]
    by: dict[str, str] = field(default_factory=dict)
    """`startedBy` of each task."""

    def tick(self, key: tuple[str, str]) -> Tick | None:
        """Return the tick."""
        assert key == ("nightly", TICK)
        return self.ticks.pop(0) if len(self.ticks) > 1 else self.ticks[0]

    def tasks(self, cluster: str, arns: list[str]) -> list[dict[str, Any]]:
        """Return tasks as ECS describes them."""
        assert cluster == "arn:aws:ecs:eu-central-1:123456789012:cluster/production"
        return [
            {"taskArn": one, "clusterArn": cluster, "lastStatus": "RUNNING", "startedBy": self.by[one]} for one in arns
        ]


def tick(*runs: int, reason: str = "") -> Tick:
    """Return the tick with runs: those from 2 on were started by hand."""
    known = {str(one): Run(arn(one), 1, "RUNNING", by_hand=one > 1) for one in runs}
    return Tick("nightly", "nightly", TICK, runs=known, reason=reason)


@pytest.fixture(autouse=True)
def passed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Count the seconds that pass."""
    seconds = [0.0]

    def sleep(more: float) -> None:
        seconds[0] += more
        assert seconds[0] < 1000

    monkeypatch.setattr(through_scheduler, "_sleep", sleep)
    monkeypatch.setattr(through_scheduler, "_now", lambda: seconds[0])
    return seconds


def found(world: World) -> str:
    """Return the ARN of the task that was found."""
    account = cast("Any", world)
    return str(ThroughScheduler(account, account, made()).task()["taskArn"])


def test_finds_its_own_task() -> None:
    """The tick may have other runs, also of other operators."""
    world = World([None, tick(1), tick(1, 2), tick(1, 2, 3)], {arn(2): f"ops/rerun/{B}", arn(3): f"ops/rerun/{A}"})
    assert found(world) == arn(3)


def test_says_why_scheduler_could_not_launch() -> None:
    """The reason of another request is none of this one."""
    other, own = (tick(reason=f"{by_hand_letter(one)}AccessDeniedException: no") for one in (B, A))
    with pytest.raises(NotStartedError, match=r"^Scheduler could not launch it: AccessDeniedException: no$"):
        found(World([other, other, own]))


def test_gives_up_when_nothing_comes(passed: list[float]) -> None:
    """RunTask may start nothing without an error, for lack of capacity."""
    with pytest.raises(NotStartedError, match=rf"^no run is known 6 minutes after the schedule by-hand_{A} was made "):
        found(World([None]))
    assert passed[0] == 360
