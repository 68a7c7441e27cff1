"""Questions to the account are asked with few calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from moto import mock_aws

from watch.watched_account import WatchedAccount

if TYPE_CHECKING:
    import pytest
    from mypy_boto3_scheduler.type_defs import TargetTypeDef

ROLE = "arn:aws:iam::123456789012:role/launch"
TARGET: TargetTypeDef = {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "RoleArn": ROLE}


def test_lists_schedules_in_large_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred schedules come with each answer, which is the most that AWS allows."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("scheduler", region_name="eu-central-1")
        client.create_schedule_group(Name="jobs")
        names = {f"job-{number}" for number in range(150)}
        for name in names:
            client.create_schedule(
                GroupName="jobs",
                Name=name,
                ScheduleExpression="rate(1 day)",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target=TARGET,
            )
        calls: list[object] = []
        client.meta.events.register("before-call.scheduler.ListSchedules", lambda **_: calls.append(None))
        monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
        assert WatchedAccount().schedules("jobs").keys() == names
    assert len(calls) == 2
