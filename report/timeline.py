"""Lay out the timeline: the position of each mark and bar in percent of its width. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import cadence
from report.axis import NAMED_HOURS, Day, Span, Stretch, cell_hours, cells, days, middle, span, stretch
from report.marks import gravest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from report.axis import Cell
    from report.data import ShownRun, ShownSchedule, ShownStack, ShownTick

SHORTEST_BAR = timedelta(minutes=15)
"""The shortest run that has a bar; a shorter run is a point at this scale."""


@dataclass(frozen=True)
class Mark:
    """A tick, or all ticks of a cell that had the same outcome."""

    outcome: str
    left: float
    """The position of the middle."""
    width: float
    """In percent; 0 for a mark of the usual size."""
    begin: datetime
    end: datetime
    """The same as `begin` for a tick, otherwise the end of the cell."""
    counts: Mapping[str, int]
    """The number of ticks in this place by outcome."""
    tick: ShownTick | None
    """The latest tick that is listed on the page."""


@dataclass(frozen=True)
class Bar:
    """The bar of a run, and its outcome."""

    outcome: str
    place: Stretch


@dataclass(frozen=True)
class Coming:
    """A future tick, or the rest of a cell that has some: the first tick, and middle and width as of a mark."""

    tick: datetime
    left: float
    width: float


@dataclass(frozen=True)
class Row:
    """A schedule's row."""

    schedule: ShownSchedule
    marks: tuple[Mark, ...]
    """In the order of time; at the same place the gravest is the last one, which is drawn on top."""
    bars: tuple[Bar, ...]
    coming: tuple[Coming, ...]
    earlier: int
    """The number of listed ticks that are before the timeline."""
    dense: bool
    """Whether the marks are those of cells."""


@dataclass(frozen=True)
class Timeline:
    """All rows of a stack, on one scale."""

    zone: str
    span: Span
    now: float
    days: tuple[Day, ...]
    cells: tuple[Cell, ...]
    cell_hours: int
    rows: tuple[Row, ...]


def timeline(stack: ShownStack, now: datetime) -> Timeline:
    """Return the timeline of a stack, in the time zone of most of its schedules."""
    zones = Counter(schedule.timezone for schedule in stack.schedules)
    name = min(zones, key=lambda name: (-zones[name], name), default="UTC")
    zone = cadence.zone(name)
    ticks = [tick.at for schedule in stack.schedules for tick in schedule.ticks]
    shown = span([*ticks, *(some.at for schedule in stack.schedules for some in schedule.unlisted)], now, zone)
    hours = cell_hours(shown)
    grid = cells(shown, zone, hours)
    return Timeline(
        zone=name,
        span=shown,
        now=shown.at(now),
        days=tuple(days(shown, zone, NAMED_HOURS[hours])),
        cells=grid,
        cell_hours=hours,
        rows=tuple(_row(schedule, shown, grid, now) for schedule in stack.schedules),
    )


def dense(ticks: Iterable[datetime], grid: Sequence[Cell]) -> bool:
    """Return whether the marks of some ticks would overlap: two ticks are nearer to each other than a cell is wide."""
    width = grid[0].end - grid[0].begin
    return any(later - earlier < width for earlier, later in pairwise(sorted(ticks)))


def bar(shown: Span, run: ShownRun, outcome: str, now: datetime) -> Bar | None:
    """Return the bar of a run, until now when it is still running; None when it is too short or not shown."""
    if run.started is None:
        return None
    end = run.stopped or now
    if end - run.started < SHORTEST_BAR or end <= shown.start:
        return None
    return Bar(outcome, stretch(shown, run.started, end))


def marks_of_cells(schedule: ShownSchedule, shown: Span, grid: Sequence[Cell]) -> Iterator[Mark]:
    """Yield a mark for each cell and outcome, so that no number of good ticks covers another one."""
    counts: defaultdict[Cell, Counter[str]] = defaultdict(Counter)
    latest: dict[tuple[Cell, str], ShownTick] = {}
    for some in schedule.unlisted:
        if shown.holds(some.at):
            counts[_cell(grid, some.at)][some.mark] += some.count
    for tick in schedule.ticks:
        if shown.holds(tick.at):
            cell = _cell(grid, tick.at)
            counts[cell][tick.mark] += 1
            latest[cell, tick.mark] = tick
    for cell in sorted(counts, key=lambda cell: cell.begin):
        for outcome in reversed(gravest(counts[cell])):
            yield Mark(outcome, *middle(cell.place), cell.begin, cell.end, counts[cell], latest.get((cell, outcome)))


def _row(schedule: ShownSchedule, shown: Span, grid: Sequence[Cell], now: datetime) -> Row:
    ticks = [tick for tick in schedule.ticks if shown.holds(tick.at)]
    coming = [tick for tick in schedule.coming if shown.holds(tick)]
    unlisted = [some.at for some in schedule.unlisted if shown.holds(some.at)]
    is_dense = bool(unlisted) or dense([*(tick.at for tick in ticks), *coming], grid)
    if is_dense:
        marks = tuple(marks_of_cells(schedule, shown, grid))
        first = {_cell(grid, tick): tick for tick in reversed(coming)}
        ahead = tuple(
            Coming(tick, *middle(stretch(shown, max(now, cell.begin), cell.end)))
            for cell, tick in reversed(first.items())
        )
        bars: tuple[Bar, ...] = ()
    else:
        marks = tuple(Mark(one.mark, shown.at(one.at), 0.0, one.at, one.at, {one.mark: 1}, one) for one in ticks)
        ahead = tuple(Coming(tick, shown.at(tick), 0.0) for tick in coming)
        found = (bar(shown, run, tick.mark, now) for tick in schedule.ticks for run in tick.runs)
        bars = tuple(one for one in found if one is not None)
    return Row(
        schedule=schedule,
        marks=marks,
        bars=bars,
        coming=ahead,
        earlier=sum(tick.at < shown.start for tick in schedule.ticks),
        dense=is_dense,
    )


def _cell(grid: Sequence[Cell], instant: datetime) -> Cell:
    return grid[bisect_right(grid, instant, key=lambda cell: cell.begin) - 1]
