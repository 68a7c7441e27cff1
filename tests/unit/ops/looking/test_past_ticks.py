"""Tests of the past ticks of a job that a service runs."""

from __future__ import annotations

import pytest

from ops.looking import past_ticks
from ops.looking.past_ticks import Line
from tests.unit.watch.world import START
from watch.names import STOP_REASON
from watch.records import Run, Tick

TICK = "2026-11-26T01:00:00Z"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:jobs-work-web"
ALIAS = "arn:aws:lambda:eu-central-1:123456789012:function:jobs-job-web:jobs-web"
TASK = "arn:aws:ecs:eu-central-1:123456789012:task/web"
WORKER = "arn:aws:ecs:eu-central-1:123456789012:task/web/0af3"


@pytest.mark.parametrize(
    ("worker", "by_hand", "by"),
    [("host-1", False, "host-1"), (WORKER, False, "0af3"), (WORKER, True, "by hand, 0af3"), ("", False, "")],
)
def test_who_did_the_work(worker: str, by: str, *, by_hand: bool) -> None:
    """A person sees the process that had the run, with the id of its task alone; a program has all of its name."""
    run = Run(f"{QUEUE}/{'0' * 32}", 3, "STOPPED", outcome="good", by_hand=by_hand, worker=worker)
    line = Line(Tick("web", "web", TICK, "good", runs={"0" * 32: run}), "UTC")
    titles, row = past_ticks.text([line], START, None)
    assert ((" BY " in titles), f" {by} " in row, WORKER in row) == (bool(by), True, False)
    [plain] = line.to_plain()["runs"]
    assert plain["worker"] == (worker or None)


@pytest.mark.parametrize(
    ("place", "started", "shown"),
    [(QUEUE, None, "no worker has taken it yet"), (QUEUE, TICK, ""), (TASK, None, ""), (ALIAS, None, "")],
)
def test_a_run_that_nobody_has_taken(place: str, started: str | None, shown: str) -> None:
    """It counts as running, since its message is under way, and nobody works on it."""
    run = Run(f"{place}/{'0' * 32}", 3, "PENDING", started=started)
    _, row = past_ticks.text([Line(Tick("web", "web", TICK, runs={"0" * 32: run}), "UTC")], START, None)
    assert row.rpartition("0" * 32)[2].strip() == shown


@pytest.mark.parametrize(
    ("place", "outcome", "reason", "shown"),
    [
        (QUEUE, "failed", "ValueError: no rates", "ValueError: no rates"),
        (QUEUE, "interrupted", "its worker is lost", "its worker is lost"),
        (ALIAS, "failed", "answered 500\n" + "x" * 200, r"answered 500\n" + "x" * 106 + "…"),
        (QUEUE, "good", "ignored", ""),
        (TASK, "running", "ignored", ""),
        (QUEUE, "stopped", f"{STOP_REASON}wrong data", "wrong data"),
        (TASK, "stopped", f"{STOP_REASON}wrong data", "wrong data"),
        (TASK, "failed", "Essential container in task exited", ""),
    ],
)
def test_why_a_run_ended(place: str, outcome: str, reason: str, shown: str) -> None:
    """A run that is no task has no exit code that says it, and a log that may not."""
    run = Run(f"{place}/{'0' * 32}", 3, "STOPPED", outcome=outcome, reason=reason)
    titles, row = past_ticks.text([Line(Tick("web", "web", TICK, outcome, runs={"0" * 32: run}), "UTC")], START, None)
    assert (row.rpartition("0" * 32)[2].strip(), titles.endswith("REASON")) == (shown, bool(shown))
