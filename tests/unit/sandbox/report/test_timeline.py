from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import cadence
from sandbox.report.timeline import (
    LOOK_AHEAD,
    LOOK_BACK,
    Bar,
    Span,
    Stretch,
    bar,
    days,
    dense,
    span,
    stretch,
    timeline,
)
from tests.unit.sandbox.report.samples import NOW, instant, report, run, schedule, tick

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
    assert all(shown.holds(one) for one in [*ticks, now])
    places = [shown.at(one) for one in ticks]
    assert places == sorted(places)
    assert 0 <= places[0] <= places[-1] <= shown.at(now) < 100


@example(now=datetime(2011, 12, 30, tzinfo=UTC), ago=timedelta(), zone=cadence.zone("Pacific/Apia"))
@given(now=instants, ago=st.timedeltas(timedelta(), LOOK_BACK), zone=zones)
def test_days_fill_the_box(now: datetime, ago: timedelta, zone: ZoneInfo) -> None:
    """Days follow each other from edge to edge, and each contains its nights, even when clocks change."""
    found = list(days(span([now - ago], now, zone), zone))
    assert found[0].left == 0
    assert found[-1].left + found[-1].width == pytest.approx(100, abs=0.01)
    for earlier, later in pairwise(found):
        assert earlier.left + earlier.width == pytest.approx(later.left, abs=0.01)
        assert earlier.date < later.date
    for day in found:
        for night in day.nights:
            assert day.left - 0.01 <= night.left
            assert night.left + night.width <= day.left + day.width + 0.01


@given(begin=instants, end=instants)
def test_stretches_stay_in_the_box(begin: datetime, end: datetime) -> None:
    """A stretch that begins or ends outside is cut at the edge, and no width is negative."""
    found = stretch(DAY, begin, end)
    assert 0 <= found.left <= found.left + found.width <= 100
    assert found.width >= 0


def test_span_begins_with_the_day_of_the_first_tick() -> None:
    """The span covers the first tick's whole day in the timeline's zone, and one day after now."""
    shown = span([instant("04 23:30"), instant("05 01:00")], NOW, cadence.zone("Europe/Berlin"))
    assert shown == Span(instant("04 23:00"), NOW + LOOK_AHEAD)


def test_span_of_old_and_of_no_ticks() -> None:
    """The span goes back at most a week, and begins today when there is no tick."""
    zone = cadence.zone("UTC")
    week = span([NOW - LOOK_BACK - timedelta(seconds=1), NOW - LOOK_BACK], NOW, zone)
    assert week.start == datetime(2026, 12, 30, tzinfo=UTC)
    assert span([], NOW, zone).start == instant("06 00:00")


def test_days_are_divided_in_the_zone() -> None:
    """Days begin at midnight in the schedules' zone, and nights are from 22 to 6."""
    found = list(days(Span(instant("04 23:00"), instant("06 23:00")), cadence.zone("Europe/Berlin")))
    assert [(f"{day.date:%d}", day.left, day.width) for day in found] == [("05", 0.0, 50.0), ("06", 50.0, 50.0)]
    assert found[0].nights == (Stretch(0.0, 12.5), Stretch(45.833, 4.167))


BARS = {
    "whole": (("05 06:00", "05 12:00"), Stretch(25.0, 25.0)),
    "still running": (("05 18:00", None), Stretch(75.0, 25.0)),
    "begun before": (("04 12:00", "05 06:00"), Stretch(0.0, 25.0)),
    "long enough": (("05 06:00", "05 06:15"), Stretch(25.0, 1.042)),
    "a point": (("05 06:00", "05 06:14"), None),
    "over before": (("04 06:00", "05 00:00"), None),
    "never started": ((None, "05 12:00"), None),
}


@pytest.mark.parametrize(("times", "expected"), BARS.values(), ids=BARS)
def test_bar(times: tuple[str | None, str | None], expected: Stretch | None) -> None:
    """A run has a bar from start to stop, or to now, if the bar is long enough to be visible."""
    started, stopped = (instant(one) if one else None for one in times)
    found = bar(DAY, run(started=started, stopped=stopped), "failed", NOW)
    assert found == (Bar("failed", expected) if expected else None)


def test_dense() -> None:
    """Marks are narrow when two ticks, in any order, are nearer to each other than a mark's width."""
    assert not dense([])
    assert not dense([instant("05 00:00"), instant("05 08:00"), instant("05 04:00")])
    assert dense([instant("05 00:00"), instant("05 08:00"), instant("05 04:31")])


def test_row() -> None:
    """A row has a mark for each shown tick, the positions of future ticks, and a count of older ticks."""
    old = tick(NOW - timedelta(days=30), runs=())
    late = tick("06 01:00", alert="overrun")
    found = timeline(report(schedule(old, tick("05 01:00", "failed"), late)).stacks[0], NOW)
    [row] = found.rows
    # From 4 January 23:00, midnight in Berlin, to 7 January 12:00.
    assert [(one.tick.mark, one.left) for one in row.marks] == [("failed", 3.279), ("overrun", 42.623)]
    assert row.coming == ((instant("07 01:00"), 81.967),)
    assert [one.outcome for one in row.bars] == ["failed", "overrun"]
    assert (row.earlier, row.dense, found.now) == (1, False, 60.656)


def test_zone_of_most_schedules() -> None:
    """The scale is in the zone of most schedules; a tie goes to the first zone by name."""
    berlin, tokyo = schedule(), schedule(timezone="Asia/Tokyo")
    assert timeline(report(berlin, tokyo, berlin).stacks[0], NOW).zone == "Europe/Berlin"
    assert timeline(report(berlin, tokyo).stacks[0], NOW).zone == "Asia/Tokyo"
    assert timeline(report().stacks[0], NOW).zone == "UTC"
