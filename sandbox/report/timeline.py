"""Lay out the timeline: convert instants to percent of its width. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import cadence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from sandbox.report.data import ShownRun, ShownSchedule, ShownStack, ShownTick

LOOK_BACK = timedelta(days=7)
LOOK_AHEAD = timedelta(days=1)
"""Long enough to show the next tick of each daily schedule."""
DENSE = timedelta(hours=3, minutes=30)
"""The least time between two ticks whose marks of full size do not overlap."""
SHORTEST_BAR = timedelta(minutes=15)
"""The shortest run that has a bar; a shorter run is a point at this scale."""
_DUSK, _DAWN = time(22), time(6)
_PRECISION = 3


@dataclass(frozen=True)
class Span:
    """The period that the timeline shows."""

    start: datetime
    end: datetime

    def at(self, instant: datetime) -> float:
        """Return the position of an instant, in percent; an instant outside is at the nearest end."""
        share = (instant - self.start) / (self.end - self.start) * 100
        return round(min(max(share, 0.0), 100.0), _PRECISION)

    def holds(self, instant: datetime) -> bool:
        """Return whether an instant is shown."""
        return self.start <= instant <= self.end


@dataclass(frozen=True)
class Stretch:
    """A part of the timeline, in percent."""

    left: float
    width: float


@dataclass(frozen=True)
class Day:
    """A day in the time zone of the timeline."""

    date: date
    left: float
    width: float
    nights: tuple[Stretch, ...]


@dataclass(frozen=True)
class Mark:
    """A tick and the position of its mark, in percent."""

    tick: ShownTick
    left: float


@dataclass(frozen=True)
class Bar:
    """The bar of a run, and its outcome."""

    outcome: str
    place: Stretch


@dataclass(frozen=True)
class Row:
    """A schedule's row."""

    schedule: ShownSchedule
    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...]
    coming: tuple[tuple[datetime, float], ...]
    """Future ticks, with their positions in percent."""
    earlier: int
    """The number of ticks in the report that are before the timeline."""
    dense: bool
    """Whether the marks must be narrow."""


@dataclass(frozen=True)
class Timeline:
    """All rows of a stack, on one scale."""

    zone: str
    span: Span
    now: float
    days: tuple[Day, ...]
    rows: tuple[Row, ...]


def timeline(stack: ShownStack, now: datetime) -> Timeline:
    """Return the timeline of a stack, in the time zone of most of its schedules."""
    zones = Counter(schedule.timezone for schedule in stack.schedules)
    zone = min(zones, key=lambda name: (-zones[name], name), default="UTC")
    shown = span([tick.at for schedule in stack.schedules for tick in schedule.ticks], now, cadence.zone(zone))
    return Timeline(
        zone=zone,
        span=shown,
        now=shown.at(now),
        days=tuple(days(shown, cadence.zone(zone))),
        rows=tuple(_row(schedule, shown, now) for schedule in stack.schedules),
    )


def span(ticks: Iterable[datetime], now: datetime, zone: ZoneInfo) -> Span:
    """Return the period from the day of the first tick within `LOOK_BACK` before now, to `LOOK_AHEAD` after now."""
    first = min([tick for tick in ticks if tick >= now - LOOK_BACK], default=now)
    return Span(_midnight(min(first, now).astimezone(zone).date(), zone), now + LOOK_AHEAD)


def days(shown: Span, zone: ZoneInfo) -> Iterator[Day]:
    """Yield the days of a span, each with its nights."""
    day = shown.start.astimezone(zone).date()
    while (begin := _midnight(day, zone)) < shown.end:
        end = _midnight(day + timedelta(days=1), zone)
        if begin < end:  # a zone that moves to the other side of the date line has no such day
            nights = ((begin, _wall(day, _DAWN, zone)), (_wall(day, _DUSK, zone), end))
            place = stretch(shown, begin, end)
            yield Day(day, place.left, place.width, tuple(stretch(shown, *night) for night in nights))
        day += timedelta(days=1)


def stretch(shown: Span, begin: datetime, end: datetime) -> Stretch:
    """Return the position of the part of a period that is shown."""
    left = shown.at(begin)
    return Stretch(left, round(max(shown.at(end) - left, 0.0), _PRECISION))


def dense(ticks: Sequence[datetime]) -> bool:
    """Return whether the marks of some ticks would overlap."""
    return any(later - earlier < DENSE for earlier, later in pairwise(sorted(ticks)))


def bar(shown: Span, run: ShownRun, outcome: str, now: datetime) -> Bar | None:
    """Return the bar of a run, until now when it is still running; None when it is too short or not shown."""
    if run.started is None:
        return None
    end = run.stopped or now
    if end - run.started < SHORTEST_BAR or end <= shown.start:
        return None
    return Bar(outcome, stretch(shown, run.started, end))


def _row(schedule: ShownSchedule, shown: Span, now: datetime) -> Row:
    ticks = [tick for tick in schedule.ticks if shown.holds(tick.at)]
    coming = [tick for tick in schedule.coming if shown.holds(tick)]
    bars = (bar(shown, run, tick.mark, now) for tick in schedule.ticks for run in tick.runs)
    return Row(
        schedule=schedule,
        marks=tuple(Mark(tick, shown.at(tick.at)) for tick in ticks),
        bars=tuple(one for one in bars if one is not None),
        coming=tuple((tick, shown.at(tick)) for tick in coming),
        earlier=len(schedule.ticks) - len(ticks),
        dense=dense([*(tick.at for tick in ticks), *coming]),
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return _wall(day, time(), zone)


def _wall(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall time; a time that a clock change skips counts as before the change."""
    return datetime.combine(day, at, zone).astimezone(UTC)
