"""Tests of the change of a schedule's state: all the rest is sent back as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import botocore.session
import pytest

from holds import switching, wanted
from holds.standing import Step
from holds.switching import Switched
from tests.unit.holds.test_hold import NOON

DESCRIBED: dict[str, Any] = {
    "ResponseMetadata": {"HTTPStatusCode": 200},
    "Arn": "arn:aws:scheduler:eu-central-1:123456789012:schedule/jobs/report",
    "CreationDate": NOON - timedelta(days=9),
    "LastModificationDate": NOON - timedelta(days=8),
}
KEPT: dict[str, Any] = {
    "ActionAfterCompletion": "DELETE",
    "Description": "wanted=ENABLED Sum up orders (owner: data)",
    "EndDate": NOON + timedelta(days=9),
    "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
    "GroupName": "jobs",
    "KmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/12ab",
    "Name": "report",
    "ScheduleExpression": "rate(5 minutes)",
    "ScheduleExpressionTimezone": "Europe/Berlin",
    "StartDate": NOON + timedelta(days=1),
    "Target": {
        "Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask",
        "RoleArn": "arn:aws:iam::123456789012:role/report",
        "Input": "{}",
        "DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-central-1:123456789012:dead"},
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 300},
    },
}


class Scheduler:
    """Scheduler with one schedule."""

    def __init__(self, **changes: Any) -> None:  # noqa: ANN401 - parts of a schedule
        """Begin with an enabled schedule."""
        self.schedule = {**DESCRIBED, **KEPT, "State": "ENABLED", **changes}
        self.sent: list[dict[str, Any]] = []

    def get_schedule(self, **asked: str) -> dict[str, Any]:
        """Return the schedule."""
        assert asked == {"GroupName": "jobs", "Name": "report"}
        return self.schedule

    def update_schedule(self, **sent: Any) -> None:  # noqa: ANN401 - as boto3
        """Record the request."""
        self.sent.append(sent)


def switched(scheduler: Scheduler, *, enable: bool) -> Switched:
    """Make one change."""
    client: Any = scheduler
    return switching.switch(client, "jobs", Step("report", enable=enable), NOON)


def test_sends_back_all_but_the_state() -> None:
    """A change sends each part of the schedule as it was, and only the state is another."""
    scheduler = Scheduler()
    assert switched(scheduler, enable=False) is Switched.CHANGED
    assert scheduler.sent == [{**KEPT, "State": "DISABLED"}]


def test_knows_every_part_of_a_schedule() -> None:
    """What GetSchedule answers is what UpdateSchedule takes, but for the parts that the request leaves out."""
    service = botocore.session.get_session().get_service_model("scheduler")
    output: Any = service.operation_model("GetSchedule").output_shape
    input_: Any = service.operation_model("UpdateSchedule").input_shape
    answered, taken = set(output.members), set(input_.members) - {"ClientToken"}
    assert answered - taken == switching._ANSWER_ONLY - {"ResponseMetadata"}
    assert taken - answered == set()
    assert taken == {*KEPT, "State"}


@pytest.mark.parametrize(("minutes", "sent"), [(-6, False), (-4, True), (1, True)])
def test_leaves_out_a_start_that_aws_would_refuse(minutes: int, sent: bool) -> None:  # noqa: FBT001
    """AWS refuses a start of more than five minutes ago, even in a request that does not change it."""
    scheduler = Scheduler(StartDate=NOON + timedelta(minutes=minutes))
    assert switched(scheduler, enable=False) is Switched.CHANGED
    assert ("StartDate" in scheduler.sent[0]) == sent


STEPS: dict[str, tuple[dict[str, Any], bool, Switched, str]] = {
    "hold": ({}, False, Switched.CHANGED, "DISABLED"),
    "hold again": ({"State": "DISABLED"}, False, Switched.AS_WANTED, "DISABLED"),
    "lift": ({"State": "DISABLED"}, True, Switched.CHANGED, "ENABLED"),
    "lift again": ({}, True, Switched.AS_WANTED, "ENABLED"),
    "lift what config disables": (
        {"State": "DISABLED", "Description": "wanted=DISABLED Sum up"},
        True,
        Switched.AS_WANTED,
        "DISABLED",
    ),
    "hold what somebody enabled": ({"Description": "wanted=DISABLED Sum up"}, False, Switched.CHANGED, "DISABLED"),
    "another program's": ({"Description": "Sum up"}, False, Switched.UNMARKED, "ENABLED"),
    "no description": ({"Description": None}, False, Switched.UNMARKED, "ENABLED"),
    "its end has passed": ({"EndDate": NOON}, False, Switched.AS_WANTED, "ENABLED"),
}


@pytest.mark.parametrize(("before", "enable", "expected", "after"), STEPS.values(), ids=STEPS)
def test_steps(before: dict[str, Any], enable: bool, expected: Switched, after: str) -> None:  # noqa: FBT001
    """A lifted schedule has the state in config, a held one is disabled, and one of another program stays as it is."""
    scheduler = Scheduler(**before)
    assert switched(scheduler, enable=enable) is expected
    assert ([one["State"] for one in scheduler.sent] or [scheduler.schedule["State"]]) == [after]


@pytest.mark.parametrize("enabled", [True, False])
def test_reads_what_it_marks(enabled: bool) -> None:  # noqa: FBT001
    """What config wants is read from the description that was made for it, and from no other."""
    assert wanted.read(wanted.marked("Sum up", enabled=enabled)) is enabled
    for other in ("", "Sum up", "wanted=", "wanted=enabled x", "x wanted=ENABLED"):
        assert wanted.read(other) is None
