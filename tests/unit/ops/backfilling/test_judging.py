"""Tests of what a backfill does with a tick."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ops.backfilling import judging
from ops.backfilling.judging import Course, Only, Rules, Step
from ops.running.rerun_failed import NOT_GOOD
from supervision.limits import Closure
from watch import classes
from watch.records import Run, Tick

TICK, NOW = "2027-02-02T01:00:00Z", datetime(2027, 2, 3, 9, tzinfo=UTC)
CREATED = "2027-02-02T08:00:00Z"


def recorded(outcome: str, *runs: str, at: str = TICK) -> Tick:
    """Return a tick with this outcome, and runs with those outcomes."""
    made = {str(n): Run(f"task/{n}", 1, "STOPPED", created=CREATED, outcome=one) for n, one in enumerate(runs)}
    return Tick("report", "report", at, outcome, runs=made)


def judged(only: Only, tick: Tick | None, *, in_flight: bool = False, at: str = TICK, **changed: Any) -> Step:  # noqa: ANN401
    """Return the step of a tick."""
    usual: dict[str, Any] = {"now": NOW, "good_since": "2027-02-03T09:00:00Z", "may_come": timedelta(minutes=15)}
    rules = Rules(only=only, zone=ZoneInfo("Europe/Berlin"), **{**usual, **changed})
    return rules.judge(at, tick, in_flight=in_flight)


STATES: dict[str, Tick | None] = {
    "unknown": None,
    "asked for in vain": recorded("running"),
    "good": recorded("good", "good"),
    "good at last": recorded("good", "failed", "good"),
    "good by hand before": recorded("missed", "good"),
    "not done": recorded("not-done"),
    **{one: recorded(one) for one in ("skipped", "held", "missed", "not-launched", "too-late")},
    **{one: recorded(one, one) for one in ("failed", "stopped", "interrupted", "timed-out", "not-started")},
}
GOOD = {"good", "good at last", "good by hand before"}
FAILED = {one for one, tick in STATES.items() if tick and tick.outcome in NOT_GOOD} - GOOD


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("only", "run"),
    [(Only.MISSING, STATES.keys() - GOOD), (Only.FAILED, FAILED), (Only.ALL, STATES.keys())],
    ids=["missing", "failed", "all"],
)
def test_which_ticks_run(state: str, only: Only, run: set[str]) -> None:
    """A tick that does not run has a reason."""
    step = judged(only, STATES[state])
    assert (step.course is Course.RUNS) == (state in run)
    assert bool(step.reason) == (state not in run)


@pytest.mark.parametrize(
    ("only", "state", "reason"),
    [
        (Only.MISSING, "good", "it has had a good run"),
        (Only.FAILED, "unknown", "nothing is known of it"),
        (Only.FAILED, "asked for in vain", "nothing is known of it"),
        (Only.FAILED, "stopped", "it has not failed: stopped"),
    ],
)
def test_the_reason(only: Only, state: str, reason: str) -> None:
    """It says what is known of the tick."""
    assert judged(only, STATES[state]).reason == reason


@pytest.mark.parametrize("only", Only)
def test_what_goes_on_is_awaited(only: Only) -> None:
    """A run goes on, or the supervisor has the tick in flight."""
    assert judged(only, recorded("good", "good", "running")).course is Course.GOES_ON
    assert judged(only, None, in_flight=True).course is Course.GOES_ON
    assert judged(only, STATES["failed"], in_flight=True).course is Course.GOES_ON


@pytest.mark.parametrize(("since", "course"), [(CREATED, Course.LEFT), ("2027-02-02T08:00:01Z", Course.RUNS)])
def test_good_runs_since_a_time(since: str, course: Course) -> None:
    """With `all` they are what the same backfill has done before."""
    step = judged(Only.ALL, STATES["good"], good_since=since)
    assert (step.course, step.reason) == (
        course,
        f"it has had a good run since {since}" if course is Course.LEFT else "",
    )


@pytest.mark.parametrize("only", Only)
@pytest.mark.parametrize(
    ("at", "known", "reason"),
    [
        ("2027-02-03T09:00:01Z", True, "it is still to come"),
        ("2027-02-03T09:00:01Z", False, "it is still to come"),
        ("2027-02-03T08:45:01Z", False, "it may still be launched by itself, until Wed 2027-02-03 10:00:01 CET"),
        ("2027-02-03T08:45:01Z", True, ""),
    ],
    ids=["to come", "to come, unknown", "in its window", "failed in its window"],
)
def test_ticks_that_may_come_by_themselves(only: Only, at: str, *, known: bool, reason: str) -> None:
    """They are left, unless it is known that they have come."""
    assert judged(only, recorded("failed", "failed", at=at) if known else None, at=at).reason == reason


def test_a_tick_that_is_no_more_to_come_runs() -> None:
    """From the end of the time on in which it may be launched."""
    assert judged(Only.MISSING, None, at="2027-02-03T08:45:00Z").course is Course.RUNS


@pytest.mark.parametrize(
    ("since", "until", "closed"),
    [(TICK, "2027-02-02T01:00:01Z", True), ("2027-02-01T00:00:00Z", TICK, False)],
    ids=["begins", "ends"],
)
def test_a_closed_calendar(since: str, until: str, *, closed: bool) -> None:
    """Its first instant is closed, and its end is open."""
    closure = Closure("holidays", since, until)
    reason = "the calendar holidays is closed" if closed else ""
    assert judged(Only.MISSING, None, closed=[closure]).reason == reason
    assert judged(Only.ALL, None, closed=[closure]).reason == ""


@pytest.mark.parametrize(
    ("schedule", "minutes"),
    [
        ({"Target": {}}, 15),
        ({"Target": {"RetryPolicy": {"MaximumEventAgeInSeconds": 7200}}}, 120),
        ({"Target": {}, "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10}}, 25),
        ({"Target": {"RetryPolicy": {"MaximumEventAgeInSeconds": 60}}, "FlexibleTimeWindow": {"Mode": "OFF"}}, 1),
    ],
    ids=["usual", "supervised", "window", "short"],
)
def test_how_long_a_tick_may_come(schedule: dict[str, Any], minutes: int) -> None:
    """As long as Scheduler may call, after the window."""
    assert judging.may_come(schedule) == timedelta(minutes=minutes)


def test_every_outcome_is_judged() -> None:
    """A new outcome needs a decision here."""
    known = {tick.outcome for tick in STATES.values() if tick} | {"waiting", "running", "overrun"}
    assert known == {*classes.BY_NAME} - {"will-not-launch", "drifted", "recovered"}
