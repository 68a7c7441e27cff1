from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import cadence
from report.axis import (
    LOOK_AHEAD,
    LOOK_BACK,
    MOST_CELLS,
    Hour,
    Span,
    cell_hours,
    cells,
    days,
    span,
    stretch,
)
from tests.unit.report.samples import NOW, instant

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia")
"""Some of these clocks change at midnight, by half an hour, or by a day."""
instants = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - see timezones
zones = st.sampled_from(ZONES).map(cadence.zone)
DAY = Span(instant("05 00:00"), instant("06 00:00"))


@given(now=instants, ago=st.lists(st.timedeltas(timedelta(), LOOK_BACK), min_size=1, max_size=20), zone=zones)
def test_every_tick_is_in_the_box_and_in_order(now: datetime, ago: list[timedelta], zone: ZoneInfo) -> None:
    """Ticks are between the edges at any time, and an earlier tick is never to the right of a later one."""
    ticks = sorted(now - one for one in ago)
    shown = span(ticks, now, zone)
    assert all(shown.holds(one) for one in [*ticks, now, now + LOOK_AHEAD - timedelta(microseconds=1)])
    places = [shown.at(one) for one in ticks]
    assert places == sorted(places)
    assert 0 <= places[0] <= places[-1] <= shown.at(now) < 100


@example(now=datetime(2027, 3, 28, 12, tzinfo=UTC), ago=timedelta(), zone=cadence.zone("Europe/Berlin"))
@example(now=datetime(2026, 10, 25, 12, tzinfo=UTC), ago=timedelta(days=5), zone=cadence.zone("Europe/Berlin"))
@example(now=datetime(2011, 12, 30, tzinfo=UTC), ago=timedelta(), zone=cadence.zone("Pacific/Apia"))
@given(now=instants, ago=st.timedeltas(timedelta(), LOOK_BACK), zone=zones)
def test_days_fill_the_box(now: datetime, ago: timedelta, zone: ZoneInfo) -> None:
    """Days follow each other from edge to edge, and each contains its hours, even when clocks change."""
    found = list(days(span([now - ago], now, zone), zone, 3))
    assert found[0].left == 0
    assert found[-1].left + found[-1].width == pytest.approx(100, abs=0.01)
    for earlier, later in pairwise(found):
        assert earlier.left + earlier.width == pytest.approx(later.left, abs=0.01)
        assert earlier.date < later.date
    for day in found:
        assert [hour.name for hour in day.hours] == ["03", "06", "09", "12", "15", "18", "21"]
        assert all(day.left - 0.01 <= hour.left <= day.left + day.width + 0.01 for hour in day.hours)


@example(now=datetime(2027, 3, 28, 12, tzinfo=UTC), ago=timedelta(), zone=cadence.zone("Europe/Berlin"))
@example(now=datetime(2026, 10, 25, 12, tzinfo=UTC), ago=timedelta(), zone=cadence.zone("Europe/Berlin"))
@given(now=instants, ago=st.timedeltas(timedelta(), LOOK_BACK), zone=zones)
def test_cells_fill_the_box(now: datetime, ago: timedelta, zone: ZoneInfo) -> None:
    """Cells follow each other from edge to edge, are not narrow, and none lies in two days, even when clocks change."""
    shown = span([now - ago], now, zone)
    hours = cell_hours(shown)
    found = cells(shown, zone, hours)
    assert (found[0].begin, found[-1].end) == (shown.start, shown.end)
    assert len(found) <= MOST_CELLS + 1
    for earlier, later in pairwise(found):
        assert earlier.end == later.begin
    for cell in found:
        assert cell.begin < cell.end
        assert cell.place == stretch(shown, cell.begin, cell.end)
        last = cell.end - timedelta(microseconds=1)
        assert cell.begin.astimezone(zone).date() == last.astimezone(zone).date()


@given(begin=instants, end=instants)
def test_stretches_stay_in_the_box(begin: datetime, end: datetime) -> None:
    """A stretch that begins or ends outside is cut at the edge, and no width is negative."""
    found = stretch(DAY, begin, end)
    assert 0 <= found.left <= found.left + found.width <= 100
    assert found.width >= 0


def test_span_has_whole_days() -> None:
    """The span goes from midnight before the first tick to the first midnight a day after now or later."""
    berlin = cadence.zone("Europe/Berlin")
    shown = span([instant("04 23:30"), instant("05 01:00")], NOW, berlin)
    assert shown == Span(instant("04 23:00"), instant("07 23:00"))
    assert span([], instant("05 23:00"), berlin) == Span(instant("05 23:00"), instant("06 23:00"))


def test_span_of_old_and_of_no_ticks() -> None:
    """The span goes back at most a week, and begins today when there is no tick."""
    zone = cadence.zone("UTC")
    week = span([NOW - LOOK_BACK - timedelta(seconds=1), NOW - LOOK_BACK], NOW, zone)
    assert week.start == datetime(2026, 12, 30, tzinfo=UTC)
    assert span([], NOW, zone).start == instant("06 00:00")


def test_days_are_divided_in_the_zone() -> None:
    """Days begin at midnight in the schedules' zone, and the axis names hours of their clock."""
    found = list(days(Span(instant("04 23:00"), instant("06 23:00")), cadence.zone("Europe/Berlin"), 6))
    assert [(f"{day.date:%d}", day.left, day.width) for day in found] == [("05", 0.0, 50.0), ("06", 50.0, 50.0)]
    assert found[0].hours == (Hour("06", 12.5), Hour("12", 25.0), Hour("18", 37.5))


@pytest.mark.parametrize(("length", "expected"), [(1, 1), (2, 1), (3, 2), (5, 3), (7, 3), (8, 4), (9, 4)])
def test_hours_of_a_cell(length: int, expected: int) -> None:
    """The more days are shown, the more hours has a cell."""
    assert cell_hours(Span(NOW, NOW + timedelta(days=length))) == expected


def test_cells_begin_at_hours_of_the_clock() -> None:
    """Cells begin at the same hours each day; the one in which clocks change is longer or shorter."""
    zone = cadence.zone("Europe/Berlin")
    shown = Span(datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))
    found = cells(shown, zone, 4)
    assert [f"{cell.begin.astimezone(zone):%H}" for cell in found] == ["00", "04", "08", "12", "16", "20"]
    assert [(cell.end - cell.begin) // timedelta(hours=1) for cell in found] == [5, 4, 4, 4, 4, 4]
