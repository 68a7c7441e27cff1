from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings

from cadence import Timetable, parse
from tests.unit.cadence.strategies import crons, zones

SINCE = datetime(2026, 1, 1, tzinfo=UTC)

# (expression, zone, the smallest time between two ticks from 2026 on)
GAPS = {
    "every minute": ("cron(* * * * ? *)", "UTC", timedelta(minutes=1)),
    "within an hour": ("cron(0,7,50 * * * ? *)", "UTC", timedelta(minutes=7)),
    "over the hour": ("cron(5,50 * * * ? *)", "UTC", timedelta(minutes=15)),
    "over the hour late in the day": ("cron(0/8 1-17/2,20,21 * * ? *)", "UTC", timedelta(minutes=4)),
    "over midnight": ("cron(0,59 0,12,23 * * ? *)", "UTC", timedelta(minutes=1)),
    "over midnight on single days only": ("cron(0 0,23 ? * MON,WED *)", "UTC", timedelta(hours=23)),
    "daily": ("cron(0 2 * * ? *)", "UTC", timedelta(days=1)),
    "daily over a clock change": ("cron(0 12 * * ? *)", "Europe/Berlin", timedelta(hours=23)),
    "daily in the gap": ("cron(30 2 * * ? *)", "Europe/Berlin", timedelta(hours=24)),
    "around the gap": ("cron(30 1,3 * * ? *)", "Europe/Berlin", timedelta(hours=1)),
    "hourly over half an hour of change": ("cron(30 * * * ? *)", "Australia/Lord_Howe", timedelta(minutes=30)),
    "no daylight saving any more": ("cron(0 12 * * ? *)", "Europe/Moscow", timedelta(hours=24)),
    "weekly": ("cron(0 12 ? * MON *)", "UTC", timedelta(days=7)),
    "weekly over a clock change": ("cron(0 12 ? * MON *)", "Europe/Berlin", timedelta(days=7, hours=-1)),
    "monthly": ("cron(0 12 1 * ? *)", "UTC", timedelta(days=28)),
    "leap days": ("cron(0 12 29 2 ? *)", "UTC", timedelta(days=4 * 365 + 1)),
    "only in leap years": ("cron(0,30,59 0,6,12,18,23 29,1 2,3 ? *)", "UTC", timedelta(minutes=1)),
    "a rate": ("rate(90 minutes)", "UTC", timedelta(minutes=90)),
    "two ticks": ("cron(0 6,9 1 1 ? 2027)", "UTC", timedelta(hours=3)),
    "one tick": ("cron(0 6 1 1 ? 2027)", "UTC", None),
    "no tick": ("cron(0 6 31 2 ? *)", "UTC", None),
    "once": ("at(2026-12-31T23:00:00)", "UTC", None),
}


@pytest.mark.parametrize(("expression", "name", "gap"), GAPS.values(), ids=GAPS)
def test_knows_the_smallest_distance(expression: str, name: str, gap: timedelta | None) -> None:
    """The smallest gap takes minutes, midnights, months and future clock changes into account."""
    assert Timetable(parse(expression), name).smallest_gap(after=SINCE) == gap


@settings(max_examples=100, deadline=None)
@given(crons(), zones)
def test_no_two_ticks_are_closer(expression: str, name: str) -> None:
    """Over two years with their clock changes, no two ticks are closer than the smallest gap."""
    timetable = Timetable(parse(expression), name)
    end = SINCE + timedelta(days=730)
    gap = timetable.smallest_gap(after=SINCE)
    ticks: list[datetime] = []
    for tick in timetable.ticks(SINCE):
        if tick > end or len(ticks) > 20_000:
            break
        ticks.append(tick)
    closest = min((later - earlier for earlier, later in pairwise(ticks)), default=None)
    assert closest is None or (gap is not None and gap <= closest)


@settings(max_examples=50, deadline=None)
@given(crons(), zones)
def test_two_ticks_are_that_close(expression: str, name: str) -> None:
    """Between a start and an end, two ticks are exactly as close as the smallest gap."""
    start, end = SINCE, SINCE + timedelta(days=400)
    if next(Timetable(parse(expression), name).between(start, end), None) is None:
        return
    timetable = Timetable(parse(expression), name, start=start, end=end)
    ticks = list(timetable.ticks(start - timedelta(days=1)))
    closest = min((later - earlier for earlier, later in pairwise(ticks)), default=None)
    assert timetable.smallest_gap() == closest


def test_a_clock_change_far_ahead_counts_if_it_comes_before_the_end() -> None:
    """The Sunday in March that shortens a weekend counts a year ahead, unless the schedule ends on that day."""
    weekend, since = parse("cron(0 12 ? * SAT,MON *)"), datetime(2026, 4, 1, tzinfo=UTC)
    assert Timetable(weekend, "Europe/Berlin").smallest_gap(after=since) == timedelta(hours=47)
    ends = Timetable(weekend, "Europe/Berlin", end=datetime(2027, 3, 28, 12, tzinfo=UTC))
    assert ends.smallest_gap(after=since) == timedelta(hours=48)


def test_old_rules_of_daylight_saving_do_not_count() -> None:
    """Without an `after`, the days that Moscow shortened in the past do not count, and those of Berlin do."""
    daily = parse("cron(0 12 * * ? *)")
    assert Timetable(daily, "Europe/Moscow").smallest_gap() == timedelta(hours=24)
    assert Timetable(daily, "Europe/Berlin").smallest_gap() == timedelta(hours=23)


def test_the_end_leaves_one_tick_of_a_rate() -> None:
    """A rate whose end comes before its second tick has no gap."""
    rate = parse("rate(5 hours)")
    assert Timetable(rate, start=SINCE, end=SINCE + timedelta(hours=4)).smallest_gap() is None
    assert Timetable(rate, start=SINCE, end=SINCE + timedelta(hours=5)).smallest_gap() == timedelta(hours=5)
