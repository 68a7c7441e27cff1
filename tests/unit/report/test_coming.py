from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from aws_facts.schedules import described_timetable
from report.coming import AHEAD, coming
from tests.unit.report.samples import NOW, instant


def described(expression: str, **changes: object) -> dict[str, Any]:
    """Return an answer of GetSchedule."""
    return {
        "ScheduleExpression": expression,
        "State": "ENABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "LastModificationDate": instant("01 00:10"),
        **changes,
    }


def test_ticks_in_the_schedules_zone() -> None:
    """The next ticks of a cron expression are in its own zone."""
    found = coming(described("cron(0 2 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin"), NOW)
    assert found == (instant("07 01:00"), instant("08 01:00"))


def test_all_ticks_of_the_timeline() -> None:
    """However often a schedule fires, no tick of the timeline's future is missing; later ticks are left out."""
    found = coming(described("cron(* * * * ? *)"), NOW)
    assert found == tuple(NOW + timedelta(minutes=number) for number in range(1, 1 + AHEAD // timedelta(minutes=1)))


def test_the_next_tick_however_far() -> None:
    """A schedule that does not fire soon has its next tick alone."""
    assert coming(described("cron(0 2 1 * ? *)"), NOW) == (datetime(2027, 2, 1, 2, tzinfo=UTC),)


def test_a_rate_counts_from_its_last_change() -> None:
    """The ticks of a rate are at the minute of its deployment."""
    assert coming(described("rate(1 hour)"), NOW)[0] == instant("06 12:10")


def test_ends() -> None:
    """A schedule has no ticks after its end, and a one-time schedule ignores the end."""
    assert coming(described("rate(1 day)", EndDate=NOW + timedelta(days=1)), NOW) == (instant("07 00:10"),)
    once = described("at(2027-01-09T00:00:00)", StartDate=NOW, EndDate=NOW + timedelta(days=1))
    assert coming(once, NOW) == (instant("09 00:00"),)


def test_none() -> None:
    """A disabled schedule has no ticks, and neither has one with no tick between start and end, which AWS accepts."""
    assert coming(described("rate(1 hour)", State="DISABLED"), NOW) == ()
    never = described("cron(0 2 1 1 ? 2030)", StartDate=NOW, EndDate=NOW + timedelta(days=1))
    assert described_timetable(never) is None
    assert coming(never, NOW) == ()


def test_window() -> None:
    """A flexible window is part of the timetable."""
    found = described_timetable(
        described("rate(1 day)", FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10})
    )
    assert found is not None
    assert found.window == 10
