from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadence import Cron, Timetable, parse, zone
from tests.unit.cadence.strategies import crons

if TYPE_CHECKING:
    from collections.abc import Iterable


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _texts(ticks: Iterable[datetime]) -> list[str]:
    return [f"{tick:%Y-%m-%d %H:%M}" for tick in ticks]


# (expression, zone, after, the next ticks in UTC)
CLOCK_CHANGES = {
    "a time in the spring gap is skipped": (
        *("cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-27 12:00"),
        ["2026-03-28 01:30", "2026-03-30 00:30"],
    ),
    "times in the gap are skipped, those around it are not": (
        *("cron(0/30 1-3 29 3 ? *)", "Europe/Berlin", "2026-03-28 12:00"),
        ["2026-03-29 00:00", "2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 01:30", "2027-03-28 23:00"],
    ),
    "a time in the autumn overlap fires the first time": (
        *("cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-24 12:00"),
        ["2026-10-25 00:30", "2026-10-26 01:30"],
    ),
    "several ticks an hour are silent while the hour repeats": (
        *("cron(0/20 * * * ? *)", "Europe/Berlin", "2026-10-25 00:20"),
        ["2026-10-25 00:40", "2026-10-25 02:00"],
    ),
    "from within the repeated hour, nothing fires before it ends": (
        *("cron(0/20 * * * ? *)", "Europe/Berlin", "2026-10-25 01:10"),
        ["2026-10-25 02:00", "2026-10-25 02:20"],
    ),
    "a gap at midnight": (
        *("cron(0 0,1 * * ? *)", "America/Havana", "2024-03-09 12:00"),
        ["2024-03-10 05:00", "2024-03-11 04:00"],
    ),
    "an overlap at midnight": (
        *("cron(0 0,1 * * ? *)", "America/Havana", "2024-11-02 12:00"),
        ["2024-11-03 04:00", "2024-11-03 06:00", "2024-11-04 05:00"],
    ),
    "half an hour of change": (
        *("cron(0/30 2 * 10 ? *)", "Australia/Lord_Howe", "2026-10-03 00:00"),
        ["2026-10-03 15:30", "2026-10-04 15:00"],
    ),
    "a whole day that the date line took": (
        *("cron(0 12 * * ? *)", "Pacific/Apia", "2011-12-29 00:00"),
        ["2011-12-29 22:00", "2011-12-30 22:00"],
    ),
    "an at in the gap never comes": ("at(2026-03-29T02:30:00)", "Europe/Berlin", "2026-01-01 00:00", []),
    "an at in the overlap comes the first time": (
        *("at(2026-10-25T02:30:00)", "Europe/Berlin", "2026-01-01 00:00"),
        ["2026-10-25 00:30"],
    ),
    "an at is not in the past": ("at(2026-10-25T02:30:00)", "Europe/Berlin", "2026-10-25 00:30", []),
}


@pytest.mark.parametrize(("expression", "name", "after", "ticks"), CLOCK_CHANGES.values(), ids=CLOCK_CHANGES)
def test_clock_changes_follow_aws(expression: str, name: str, after: str, ticks: list[str]) -> None:
    """A skipped wall-clock time does not fire, and a repeated one fires the first time only."""
    timetable = Timetable(parse(expression), name)
    assert _texts(islice(timetable.ticks(_utc(after)), len(ticks) or 1)) == ticks


def test_the_previous_tick_of_a_repeated_hour_is_in_its_first_showing() -> None:
    """Within the repeated hour, the previous tick is the last one of the hour's first showing."""
    timetable = Timetable(parse("cron(0/20 * * * ? *)"), "Europe/Berlin")
    assert timetable.previous(_utc("2026-10-25 01:10")) == _utc("2026-10-25 00:40")


@settings(max_examples=40, deadline=None)
@given(crons(years=st.just("2026")), st.sampled_from(["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"]))
def test_no_minute_of_a_clock_change_is_lost(expression: str, name: str) -> None:
    """Around each clock change, the ticks are exactly the instants at which a due wall-clock time is first shown."""
    timetable = Timetable(parse(expression), name)
    cron = timetable.expression
    assert isinstance(cron, Cron)
    for day in ("2026-03-29", "2026-04-04", "2026-04-05", "2026-09-06", "2026-10-03", "2026-10-25"):
        begin = _utc(f"{day} 00:00")
        minutes = [begin + timedelta(minutes=passed) for passed in range(24 * 60)]
        walls = [minute.astimezone(zone(name)) for minute in minutes]
        expected = [
            minute
            for minute, wall in zip(minutes, walls, strict=True)
            if wall.fold == 0 and cron.matches(wall.replace(tzinfo=None))
        ]
        assert list(timetable.between(begin, begin + timedelta(minutes=24 * 60 - 1))) == expected


# (expression, zone, the wall-clock times that daylight saving skips in the two years from 2026)
SKIPPED = {
    "a daily time": ("cron(30 2 * * ? *)", "Europe/Berlin", ["2026-03-29 02:30", "2027-03-28 02:30"]),
    "every time in the gap": (
        *("cron(0/30 * * 3 ? 2026)", "Europe/Berlin"),
        ["2026-03-29 02:00", "2026-03-29 02:30"],
    ),
    "none outside the gap": ("cron(0 3 * * ? *)", "Europe/Berlin", []),
    "none on other weekdays": ("cron(30 2 ? * MON-FRI *)", "Europe/Berlin", []),
    "none without clock changes": ("cron(30 2 * * ? *)", "Asia/Kolkata", []),
    "an at": ("at(2027-03-28T02:15:00)", "Europe/Berlin", ["2027-03-28 02:15"]),
    "no at outside the gap": ("at(2027-03-28T03:00:00)", "Europe/Berlin", []),
    "no rate": ("rate(1 hour)", "Europe/Berlin", []),
}


@pytest.mark.parametrize(("expression", "name", "walls"), SKIPPED.values(), ids=SKIPPED)
def test_tells_what_daylight_saving_skips(expression: str, name: str, walls: list[str]) -> None:
    """The wall-clock times that fall into a gap are returned with their dates."""
    timetable = Timetable(parse(expression), name)
    assert _texts(timetable.skipped(_utc("2026-01-01 00:00"), _utc("2028-01-01 00:00"))) == walls


def test_skips_nothing_outside_start_and_end() -> None:
    """A gap before the start or after the end skips no tick."""
    begin, end = _utc("2026-01-01 00:00"), _utc("2029-01-01 00:00")
    cron = parse("cron(30 2 * * ? *)")
    timetable = Timetable(cron, "Europe/Berlin", start=_utc("2026-06-01 00:00"), end=_utc("2027-06-01 00:00"))
    assert _texts(timetable.skipped(begin, end)) == ["2027-03-28 02:30"]
