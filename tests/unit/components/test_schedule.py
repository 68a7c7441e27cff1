"""Tests of a schedule's name, description, state, instants and retries, as Scheduler requires them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadence import Timetable, parse
from components import schedule
from components.schedule import RetryPolicy, retry_policy
from supervision.limits import Limits
from tests.unit.cadence.strategies import crons, zones


@pytest.mark.parametrize(("enabled", "state"), [(True, "ENABLED"), (False, "DISABLED")], ids=["enabled", "disabled"])
def test_describes_what_is_wanted(enabled: bool, state: str) -> None:  # noqa: FBT001
    """The description begins with the state in config, which a hold restores."""
    assert schedule.description("Sum up orders", owner="data", enabled=enabled) == (
        f"wanted={state} Sum up orders (owner: data)"
    )


def test_cuts_a_long_description() -> None:
    """The description has at most Scheduler's 512 characters; only its end is cut off."""
    text = schedule.description("x" * 600, owner="data", enabled=True)
    assert len(text) == 512
    assert text.startswith("wanted=ENABLED xxx")


RETRIES: dict[str, tuple[str, int, RetryPolicy]] = {
    "daily": ("cron(0 2 * * ? *)", 3, RetryPolicy(attempts=3, event_age=900)),
    "every ten minutes": ("rate(10 minutes)", 3, RetryPolicy(attempts=3, event_age=600)),
    "every minute": ("cron(* * * * ? *)", 3, RetryPolicy(attempts=3, event_age=60)),
    "once": ("at(2027-01-01T00:00:00)", 0, RetryPolicy(attempts=0, event_age=900)),
}


@pytest.mark.parametrize(("expression", "attempts", "expected"), RETRIES.values(), ids=RETRIES)
def test_retries_for_a_quarter_of_an_hour(expression: str, attempts: int, expected: RetryPolicy) -> None:
    """Launches are repeated for at most 15 minutes, and not after the next tick."""
    assert retry_policy(Timetable(parse(expression)), attempts) == expected


@settings(max_examples=40, deadline=None)
@given(crons(), zones, st.integers(0, 185))
def test_never_retries_beyond_the_next_tick(expression: str, zone: str, attempts: int) -> None:
    """The age of an event stays below the smallest gap between ticks, AWS's limit and the hour of a client token."""
    timetable = Timetable(parse(expression), zone)
    policy = retry_policy(timetable, attempts)
    gap = timetable.smallest_gap()
    assert 60 <= policy.event_age <= 3600
    assert gap is None or timedelta(seconds=policy.event_age) <= gap
    assert policy.attempts == attempts


@pytest.mark.parametrize(("deadline", "age"), [(1, 60), (60, 60), (900, 900), (86400, 86400), (90000, 86400)])
def test_tells_the_supervisor_until_the_last_moment_of_a_launch(deadline: int, age: int) -> None:
    """A tick is sent for as long as it may be launched, within the ages and as often as AWS allows."""
    assert schedule.supervised_retry_policy(Limits(start_deadline=deadline)) == RetryPolicy(185, age)


NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("expression", ["rate(5 hours)", "cron(0 2 * * ? *)"])
def test_a_start_that_has_passed_is_not_deployed(expression: str) -> None:
    """AWS gets a start in the future only, and what is deployed is known without a start that has passed."""
    for start, deployed in ((NOW, None), (NOW + timedelta(seconds=1), NOW + timedelta(seconds=1)), (None, None)):
        timetable = Timetable(parse(expression), start=start, end=NOW + timedelta(days=9), window=5)
        assert schedule.deployed_timetable(timetable, NOW) == replace(timetable, start=deployed)


def test_writes_instants_in_utc() -> None:
    """An instant is written in UTC with a Z; None stays None."""
    assert schedule.utc_text(None) is None
    assert schedule.utc_text(datetime(2027, 1, 1, tzinfo=UTC)) == "2027-01-01T00:00:00Z"
    assert schedule.utc_text(datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=9)))) == "2026-12-31T15:00:00Z"
