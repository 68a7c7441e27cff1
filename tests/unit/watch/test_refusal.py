"""Ticks of supervised jobs that arrive when the job is no longer as it was, or is not to run: why they do not begin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supervision.limits import Closure, Limits
from watch import supervising
from watch.facts import JobFacts, ScheduleFacts, Supervised
from watch.records import Tick

TICK = "2027-01-04T02:00:00Z"
CLOSED = Limits(
    start_deadline=900, closed=(Closure("holidays", "2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", "inventory"),)
)
JOB = JobFacts(
    schedules={"web": ScheduleFacts(expression="cron(0 2 * * ? *)")},
    limits={"web": Limits(start_deadline=900)},
    supervised=Supervised(role="arn:aws:iam::123456789012:role/web", requests={"web": {}}),
)
DIRECT = replace(JOB, limits={}, supervised=None)
OTHER = replace(JOB, schedules={}, limits={})


@pytest.mark.parametrize(
    ("facts", "known", "by_hand", "refused"),
    [
        (JOB, True, False, None),
        (JOB, False, False, ("skipped", "the job was removed")),
        (OTHER, True, False, ("skipped", "the schedule was removed")),
        (DIRECT, True, False, ("not-launched", "the job is no longer supervised")),
        (replace(JOB, limits={"web": CLOSED}), True, False, ("skipped", "the calendar holidays is closed: inventory")),
        (replace(JOB, limits={"web": CLOSED}), True, True, None),
    ],
    ids=["supervised", "removed", "without the schedule", "direct", "closed", "closed, by hand"],
)
def test_refusal(facts: JobFacts, known: bool, by_hand: bool, refused: tuple[str, str] | None) -> None:  # noqa: FBT001
    """Nobody misses a tick that was taken away, but a job that Scheduler launches again still is to run."""
    assert supervising.refusal(facts, Tick("web", "web", TICK), known=known, by_hand=by_hand) == refused
