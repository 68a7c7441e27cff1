from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cadence
from report.axis import LOOK_BACK, Span, Stretch, cells
from report.data import Unlisted
from report.marks import SHOWN, gravest
from report.timeline import Bar, bar, dense, timeline
from tests.unit.report.samples import NOW, instant, report, run, schedule, tick

DAY = Span(instant("05 00:00"), instant("06 00:00"))
MINUTE = timedelta(minutes=1)


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
    """A row is dense when two ticks, in any order, are nearer to each other than a cell is wide."""
    grid = cells(DAY, cadence.zone("UTC"), 4)
    assert not dense([], grid)
    assert not dense([instant("05 00:00"), instant("05 08:00"), instant("05 04:00")], grid)
    assert dense([instant("05 00:00"), instant("05 08:00"), instant("05 04:01")], grid)


def test_row() -> None:
    """A row has a mark for each shown tick, the positions of future ticks, and a count of older ticks."""
    old = tick(NOW - timedelta(days=30), runs=())
    late = tick("06 01:00", alert="overrun")
    found = timeline(report(schedule(old, tick("05 01:00", "failed"), late)).stacks[0], NOW)
    [row] = found.rows
    # From 4 January 23:00, midnight in Berlin, to 7 January 23:00.
    assert [(one.outcome, one.left, one.width, one.counts) for one in row.marks] == [
        ("failed", 2.778, 0, {"failed": 1}),
        ("overrun", 36.111, 0, {"overrun": 1}),
    ]
    assert [one.tick for one in row.marks] == list(row.schedule.ticks[1:])
    assert [(one.tick, one.left, one.width) for one in row.coming] == [(instant("07 01:00"), 69.444, 0)]
    assert [one.outcome for one in row.bars] == ["failed", "overrun"]
    assert (row.earlier, row.dense, found.now) == (1, False, 51.389)


outcomes = st.lists(st.sampled_from([*SHOWN, "new"]), min_size=2, max_size=150)


@given(listed=outcomes, hidden=st.lists(st.tuples(st.sampled_from(SHOWN), st.integers(1, 15))), step=st.integers(1, 59))
def test_no_trouble_is_covered(listed: list[str], hidden: list[tuple[str, int]], step: int) -> None:
    """In a dense row each place has a mark for each outcome, with the gravest on top, and no tick is lost."""
    ticks = [tick(NOW - step * MINUTE * number, outcome, runs=()) for number, outcome in enumerate(listed)][::-1]
    more = tuple(
        Unlisted(at=NOW - timedelta(hours=number), mark=mark, count=count)
        for number, (mark, count) in enumerate(hidden)
        if timedelta(hours=number) < LOOK_BACK
    )
    made = schedule(*ticks, unlisted=more, coming=())
    found = timeline(report(made).stacks[0], NOW)
    [row] = found.rows
    assert row.dense
    shown: Counter[str] = Counter()
    for left, marks in groupby(row.marks, lambda mark: mark.left):
        there = list(marks)
        assert [mark.outcome for mark in there] == gravest(there[0].counts)[::-1]
        assert {(mark.width, mark.begin, mark.end, tuple(mark.counts.items())) for mark in there} == {
            (there[0].width, there[0].begin, there[0].end, tuple(there[0].counts.items()))
        }
        [cell] = [cell for cell in found.cells if cell.begin == there[0].begin]
        assert left == pytest.approx(cell.place.left + cell.place.width / 2, abs=0.001)
        assert all(there[0].begin <= mark.tick.at < there[0].end for mark in there if mark.tick)
        shown.update(there[0].counts)
    assert shown == made.counts


def test_dense_row() -> None:
    """Ticks close together have one mark for each cell and outcome; a mark leads to its latest listed tick."""
    ticks = [tick("06 09:50"), *(tick(f"06 10:{minute:02}", "failed", runs=()) for minute in (1, 2)), tick("06 10:03")]
    hidden = (
        Unlisted(at=instant("06 10:00"), mark="good", count=7),
        Unlisted(at=instant("06 08:00"), mark="missed", count=1),
    )
    soon = (instant("06 12:30"), instant("06 12:31"), instant("06 13:00"))
    found = timeline(report(schedule(*ticks, unlisted=hidden, coming=soon, timezone="UTC")).stacks[0], NOW)
    [row] = found.rows
    # From 6 January to 8 January 00:00, in cells of an hour.
    assert [(one.outcome, one.begin.hour, dict(one.counts), one.tick) for one in row.marks] == [
        ("missed", 8, {"missed": 1}, None),
        ("good", 9, {"good": 1}, ticks[0]),
        ("good", 10, {"good": 8, "failed": 2}, ticks[3]),
        ("failed", 10, {"good": 8, "failed": 2}, ticks[2]),
    ]
    assert [(one.left, one.width) for one in row.marks][-1] == (21.875, 2.084)
    assert [(one.tick, one.left, one.width) for one in row.coming] == [
        (soon[0], 26.041, 2.083),
        (soon[2], 28.125, 2.084),
    ]
    assert (row.bars, found.cell_hours, len(found.cells)) == ((), 1, 48)


def test_future_ticks_are_after_now() -> None:
    """In the cell of the present, the future ticks of a dense row begin now."""
    half = NOW + timedelta(minutes=30)
    made = schedule(
        tick("06 12:29"), coming=(half + MINUTE,), timezone="UTC", unlisted=(Unlisted(at=NOW, mark="good", count=1),)
    )
    [row] = timeline(report(made).stacks[0], half).rows
    assert [(one.left, one.width) for one in row.coming] == [(26.562, 1.041)]


def test_zone_of_most_schedules() -> None:
    """The scale is in the zone of most schedules; a tie goes to the first zone by name."""
    berlin, tokyo = schedule(), schedule(timezone="Asia/Tokyo")
    assert timeline(report(berlin, tokyo, berlin).stacks[0], NOW).zone == "Europe/Berlin"
    assert timeline(report(berlin, tokyo).stacks[0], NOW).zone == "Asia/Tokyo"
    assert timeline(report().stacks[0], NOW).zone == "UTC"
