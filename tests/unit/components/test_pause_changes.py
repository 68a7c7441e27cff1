"""Tests of what a preview says of jobs that can be paused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.pause_changes import explain
from watch import job_items
from watch.facts import JobFacts


def inputs(**pause_after: int) -> dict[str, Any]:
    """Return the inputs of a job's item."""
    return {"item": json.dumps(job_items.item("report", JobFacts(owner="data", pause_after=pause_after)))}


NEW = "report: 3 ticks in a row that go wrong now pause the job until somebody resumes it"
CHANGES = {
    "a new job": (None, {"report": 3}, NEW),
    "a job that was not paused": (inputs(), {"report": 3}, NEW),
    "another number": (
        inputs(report=5),
        {"report": 3},
        "report: 3 ticks in a row that go wrong pause the job until somebody resumes it; was: 5",
    ),
    "the same number": (inputs(report=3), {"report": 3}, None),
    "one of two schedules": (
        inputs(daily=3),
        {"daily": 3, "weekly": 2},
        "weekly: 2 ticks in a row that go wrong now pause the job until somebody resumes it",
    ),
    "an item that nobody can read": ({"item": "{}"}, {"report": 3}, NEW),
    "no item": ({"item": None}, {"report": 3}, NEW),
}


@pytest.mark.parametrize(("old", "wanted", "said"), CHANGES.values(), ids=CHANGES)
def test_says_what_is_new(old: dict[str, Any] | None, wanted: dict[str, int], said: str | None) -> None:
    """A number that is new or another one is said, and one that stays is not."""
    assert explain(old, wanted) == said
