"""Tests of the facts of a job that its item in the ledger holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.job_args import ScheduledJobArgs
from components.job_facts import item
from components.placement import PlacementArgs
from components.schedule import ScheduleArgs
from watch import job_items

UNUSED: Any = None
DEFINITIONS = "arn:aws:ecs:eu-central-1:111122223333:task-definition"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("web", "web"),
        ("web:12", "web:12"),
        (f"{DEFINITIONS}/web", "web"),
        (f"{DEFINITIONS}/web:12", "web:12"),
    ],
)
def test_names_the_task_definition(given: str, expected: str) -> None:
    """The watch gets a family or `family:revision`, however the placement refers to it."""
    placement = PlacementArgs(
        cluster_arn="arn:aws:ecs:eu-central-1:111122223333:cluster/main",
        task_definition=given,
        container="app",
        passed_roles=[],
        subnets=["subnet-1"],
    )
    args = ScheduledJobArgs(
        group=UNUSED,
        placement=placement,
        command=["true"],
        schedules=[ScheduleArgs(expression="rate(1 hour)")],
        owner="data",
    )
    written = item("report", args)
    assert isinstance(written, str)
    assert job_items.read(json.loads(written)).task_definition == expected
