from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.model import StructureShape

from adoption import scheduler
from tests.unit.adoption.adopting import checked, todos, write
from tests.unit.adoption.test_eventbridge import CLUSTER, OVERRIDE, PARAMETERS, PLACE, fields, one

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from adoption.found import Contents

NOW = datetime(2026, 11, 29, 10, tzinfo=UTC)
ARN = f"arn:aws:scheduler:{PLACE}:schedule/default/nightly_report"
UNIVERSAL = "arn:aws:scheduler:::aws-sdk:ecs:runTask"
SHAPE = botocore.session.get_session().get_service_model("ecs").operation_model("RunTask").input_shape
TEMPLATED = {
    "Arn": CLUSTER,
    "EcsParameters": PARAMETERS,
    "Input": json.dumps({"containerOverrides": [OVERRIDE]}),
    "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400},
}
REQUEST = {
    "Cluster": "production",
    "TaskDefinition": "report",
    "Count": 1,
    "LaunchType": "FARGATE",
    "StartedBy": "nightly",
    "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["subnet-0a"], "AssignPublicIp": "ENABLED"}},
    "Overrides": {
        "ContainerOverrides": [
            {"Name": "app", "Command": ["report"], "Environment": [{"Name": "FORMAT", "Value": "csv"}]},
        ],
        "Memory": "2048",
    },
    "Group": "reports",
}


def universal(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - members of RunTask
    """Return a target that calls RunTask."""
    return {"Arn": UNIVERSAL, "Input": json.dumps({**REQUEST, **changed})}


def read(target: Mapping[str, Any], **changed: Any) -> Contents:  # noqa: ANN401 - members of GetSchedule's answer
    """Read one schedule."""
    assert isinstance(SHAPE, StructureShape)
    usual = {
        "Arn": ARN,
        "GroupName": "default",
        "Name": "nightly_report",
        "State": "ENABLED",
        "ScheduleExpression": "cron(0 2 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "NONE",
        "Target": {"RoleArn": "arn:aws:iam::123456789012:role/scheduler", **target},
    }
    return scheduler.read([{**usual, **changed}], {}, lambda _: None, SHAPE, NOW)


@pytest.mark.parametrize("target", [TEMPLATED, universal()], ids=["templated", "universal"])
def test_a_schedule_passes_check(tmp_path: Path, capsys: pytest.CaptureFixture[str], target: Mapping[str, Any]) -> None:
    """Both kinds of target make a job with the schedule's zone, window and end."""
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    end = datetime(2027, 6, 30, 22, tzinfo=UTC)
    contents = read(target, FlexibleTimeWindow=window, EndDate=end, StartDate=datetime(2026, 1, 1, tzinfo=UTC))
    write(tmp_path, contents)
    found = checked(tmp_path, capsys)
    assert found["problems"] == []
    [schedule] = found["schedules"]
    assert (schedule["name"], schedule["enabled"]) == ("nightly-report", False)
    assert schedule["words"] == "at 02:00 every day, Europe/Berlin, until 2027-07-01 00:00, within 15 minutes"


def test_the_members_of_a_universal_target() -> None:
    """They are named as in its input."""
    contents = read(universal(Tags=[{"Key": "a", "Value": "b"}]))
    job = one(contents).job
    assert (job.container, job.command, job.environment, job.memory) == ("app", ["report"], {"FORMAT": "csv"}, 2048)
    assert one(contents).placement.keys == {
        "cluster": "production",
        "taskDefinition": "report",
        "subnets": ["subnet-0a"],
        "assignPublicIp": True,
    }
    assert list(fields(contents)) == ["Input.Group", "Input.Tags"]


def test_a_usual_schedule_leaves_only_how_long_it_is_launched() -> None:
    """Scheduler repeats a launch for a day, unless it is told otherwise."""
    assert fields(read(TEMPLATED)) == {
        "RetryPolicy.MaximumEventAgeInSeconds": (
            "is 86400; launches are repeated for 15 minutes, or until start_deadline"
        )
    }


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"StartDate": datetime(2027, 1, 1, tzinfo=UTC)}, {"start": "2027-01-01T00:00:00Z"}),
        ({"StartDate": datetime(2026, 1, 1, tzinfo=UTC)}, {}),
        ({"EndDate": datetime(2027, 1, 1, tzinfo=UTC)}, {"end": "2027-01-01T00:00:00Z"}),
    ],
    ids=["start", "past start", "end"],
)
def test_when_a_schedule_begins_and_ends(changed: dict[str, Any], expected: dict[str, str]) -> None:
    """A start in the past has no meaning any more, and AWS does not take it."""
    [schedule] = one(read(TEMPLATED, **changed)).schedules.values()
    usual = {"cron": "0 2 * * ? *", "timezone": "Europe/Berlin", "enabled": False}
    assert schedule == {**usual, **expected}


def test_a_rate_with_a_start_is_the_cron_with_its_ticks() -> None:
    """A rate without one counts anew, which is listed."""
    rate = {"ScheduleExpression": "rate(6 hours)"}
    contents = read(TEMPLATED, **rate, StartDate=datetime(2026, 1, 1, 1, 30, tzinfo=UTC))
    assert one(contents).schedules == {"": {"cron": "30 1/6 * * ? *", "timezone": "UTC", "enabled": False}}
    assert "the cron in UTC with the same ticks" in fields(contents)["ScheduleExpression"]
    contents = read(TEMPLATED, **rate)
    assert one(contents).schedules == {"": {"rate": "6 hours", "enabled": False}}
    assert "counts from the creation" in fields(contents)["ScheduleExpression"]


@pytest.mark.parametrize(
    ("target", "changed", "reason"),
    [
        (TEMPLATED, {"ScheduleExpression": "at(2026-01-01T00:00:00)"}, "at(2026-01-01T00:00:00) has passed"),
        (TEMPLATED, {"EndDate": datetime(2026, 1, 1, tzinfo=UTC)}, "cron(0 2 * * ? *) has passed"),
        (universal(Nonsense=1), {}, "is no request of RunTask (unknown field Nonsense)"),
        ({"Arn": UNIVERSAL, "Input": "text"}, {}, "is no request of RunTask (Expecting value"),
        (
            universal(Overrides={"ContainerOverrides": [{"Environment": [{"Name": "JOB_SCHEDULE", "Value": "a"}]}]}),
            {},
            "is a schedule of this program",
        ),
    ],
    ids=["once", "end", "member", "text", "ours"],
)
def test_what_is_no_job_is_listed(target: Mapping[str, Any], changed: dict[str, Any], reason: str) -> None:
    """It is left out, with the reason."""
    contents = read(target, **changed)
    [line] = todos(contents)
    assert contents.found == []
    assert line.startswith(ARN)
    assert reason in line
    assert line.endswith("left out")


def test_what_a_schedule_says_beside_its_target_is_listed() -> None:
    """The key, what happens after the last tick, the queue, and that it is off."""
    changed = {"KmsKeyArn": "k", "ActionAfterCompletion": "DELETE", "State": "DISABLED"}
    listed = fields(read({**TEMPLATED, "DeadLetterConfig": {"Arn": "a"}}, **changed))
    assert {"KmsKeyArn", "ActionAfterCompletion", "State", "DeadLetterConfig"} <= listed.keys()


def test_other_targets_stay_where_they_are() -> None:
    """They are listed with what they do."""
    assert isinstance(SHAPE, StructureShape)
    contents = scheduler.read([], {ARN: f"arn:aws:lambda:{PLACE}:function:f"}, lambda _: None, SHAPE, NOW)
    assert todos(contents) == [
        f"{ARN}: Target: is no ECS task but arn:aws:lambda:{PLACE}:function:f, so it stays where it is"
    ]
