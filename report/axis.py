"""The axis of the timeline: its days, its hours, and the cells of dense rows, in percent of its width. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

LOOK_BACK = timedelta(days=7)
LOOK_AHEAD = timedelta(days=1)
"""Long enough to show the next tick of each daily schedule."""
CELLS = (1, 2, 3, 4)
"""Hours that a cell may have. The marks of a dense row are together in cells, which begin at these hours of the day."""
MOST_CELLS = 56
"""Cells of a timeline, so that it fits a screen."""
NAMED_HOURS = {1: 3, 2: 6, 3: 6, 4: 6}
"""The hours between two names on the axis, by the hours of a cell."""
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
        return self.start <= instant < self.end


@dataclass(frozen=True)
class Stretch:
    """A part of the timeline, in percent."""

    left: float
    width: float


@dataclass(frozen=True)
class Hour:
    """An hour of the axis, such as `06`, and its position in percent."""

    name: str
    left: float


@dataclass(frozen=True)
class Day:
    """A day in the time zone of the timeline."""

    date: date
    left: float
    width: float
    hours: tuple[Hour, ...]
    """Without midnight."""


@dataclass(frozen=True)
class Cell:
    """A period in which a dense row has at most one mark of each outcome."""

    begin: datetime
    end: datetime
    place: Stretch


def span(ticks: Iterable[datetime], now: datetime, zone: ZoneInfo) -> Span:
    """Return the whole days from the first tick within `LOOK_BACK` before now to `LOOK_AHEAD` after now."""
    first = min([tick for tick in ticks if tick >= now - LOOK_BACK], default=now)
    end = _midnight((now + LOOK_AHEAD).astimezone(zone).date(), zone)
    if end < now + LOOK_AHEAD:
        end = _midnight((now + LOOK_AHEAD).astimezone(zone).date() + timedelta(days=1), zone)
    return Span(_midnight(min(first, now).astimezone(zone).date(), zone), end)


def days(shown: Span, zone: ZoneInfo, every: int) -> Iterator[Day]:
    """Yield the days of a span, each with every third hour, say, of the axis."""
    for day in _dates(shown, zone):
        begin, end = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
        if begin < end:  # a zone that moves to the other side of the date line has no such day
            place = stretch(shown, begin, end)
            hours = [Hour(f"{hour:02}", shown.at(_wall(day, time(hour), zone))) for hour in range(every, 24, every)]
            yield Day(day, place.left, place.width, tuple(hours))


def cell_hours(shown: Span) -> int:
    """Return the hours of a span's cells: as few as give at most `MOST_CELLS`."""
    length = (shown.end - shown.start) / timedelta(hours=1)
    return next((hours for hours in CELLS if length / hours <= MOST_CELLS), CELLS[-1])


def cells(shown: Span, zone: ZoneInfo, hours: int) -> tuple[Cell, ...]:
    """Return the cells of a span, from edge to edge. When clocks change, one is longer or shorter, or is left out."""
    walls = [_wall(day, time(hour), zone) for day in _dates(shown, zone) for hour in range(0, 24, hours)]
    edges = [shown.start, *sorted({wall for wall in walls if shown.start < wall < shown.end}), shown.end]
    return tuple(Cell(begin, end, stretch(shown, begin, end)) for begin, end in pairwise(edges))


def stretch(shown: Span, begin: datetime, end: datetime) -> Stretch:
    """Return the position of the part of a period that is shown."""
    left = shown.at(begin)
    return Stretch(left, round(max(shown.at(end) - left, 0.0), _PRECISION))


def middle(place: Stretch) -> tuple[float, float]:
    """Return the middle and the width of a stretch, in percent."""
    return round(place.left + place.width / 2, _PRECISION), place.width


def _dates(shown: Span, zone: ZoneInfo) -> Iterator[date]:
    """Yield the dates of a span, also one that the zone skipped."""
    day = shown.start.astimezone(zone).date()
    while _midnight(day, zone) < shown.end:
        yield day
        day += timedelta(days=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return _wall(day, time(), zone)


def _wall(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall time; a time that a clock change skips counts as before the change."""
    return datetime.combine(day, at, zone).astimezone(UTC)
