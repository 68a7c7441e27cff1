"""When a schedule fires: an expression, its time zone, and its first and last day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from cadence.at import At
from cadence.changes import clock_changes
from cadence.cron import Cron
from cadence.errors import ExpressionError
from cadence.instants import at_instant, cron_ticks, cron_ticks_back, last_rate_tick, rate_ticks
from cadence.rate import Rate
from cadence.spacing import smallest_cron_gap
from cadence.zones import zone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

LONGEST_WINDOW = 1440
"""Minutes that FlexibleTimeWindow of CreateSchedule holds (Scheduler API Reference)."""

# Cron's years with room for every zone; instants at the ends of Python's calendar cannot be converted between zones.
_BEGINNING = datetime(1969, 12, 1, tzinfo=UTC)
_ENDING = datetime(2200, 2, 1, tzinfo=UTC)
# EventBridge Scheduler was announced on this day: no schedule has ever fired before.
_LAUNCH = datetime(2022, 11, 10, tzinfo=UTC)
_MOMENT = timedelta(microseconds=1)
_CALENDAR = datetime.min.replace(tzinfo=UTC) + _MOMENT


@dataclass(frozen=True)
class Timetable:
    """A schedule's instants.

    `start` is the earliest tick and `end` the latest, both inclusive; they have an offset and are kept in UTC. A rate
    counts from `start`.
    `window` is the flexible time window in minutes, 0 for none; ticks are where it opens.
    Raises ExpressionError for an end before the start, a window out of range, a start or end on a one-time schedule,
    and no tick between start and end; ZoneError for a time zone that does not exist.
    An expression that never fires at all is told by `never_fires`.
    """

    expression: Cron | Rate | At
    timezone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    window: int = 0

    def __post_init__(self) -> None:
        """Refuse what AWS would refuse or ignore, and what could never fire between start and end."""
        _ = self.zone
        if not 0 <= self.window <= LONGEST_WINDOW:
            msg = f"window of {self.window} minutes is out of range; 0 (off) or 1-{LONGEST_WINDOW} is accepted"
            raise ExpressionError(msg)
        object.__setattr__(self, "start", _limit("start", self.start))
        object.__setattr__(self, "end", _limit("end", self.end))
        if isinstance(self.expression, At) and (self.start or self.end):
            raise ExpressionError("at takes no start or end; AWS ignores both for a one-time schedule")
        if self.start and self.end and self.end < self.start:
            raise ExpressionError(f"end {_print(self.end)} is before start {_print(self.start)}")
        if isinstance(self.expression, Cron) and (self.start or self.end) and self.never_fires():
            raise ExpressionError(f"never fires {self._span()}")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone's rules, from the pinned tzdata package."""
        return zone(self.timezone)

    def ticks(self, after: datetime, *, anchor: datetime | None = None) -> Iterator[datetime]:
        """Yield the ticks later than `after`, ascending, in UTC; endless unless the expression or `end` ends them.

        A rate counts from `start`, else from `anchor`, the schedule's creation or last change; with neither it has
        no ticks, only its period.
        """
        ticks = self._endless(max(_utc(after), _just_before(self.start or after)), anchor)
        end = self.end
        return ticks if end is None else takewhile(lambda tick: tick <= end, ticks)

    def between(self, start: datetime, end: datetime, *, anchor: datetime | None = None) -> Iterator[datetime]:
        """Yield the ticks from `start` to `end`, both inclusive, ascending, in UTC; `anchor` as for `ticks`."""
        return takewhile(lambda tick: tick <= end, self.ticks(_just_before(start), anchor=anchor))

    def previous(self, before: datetime, *, anchor: datetime | None = None) -> datetime | None:
        """Return the latest tick earlier than `before`, in UTC, or None; `anchor` as for `ticks`."""
        limit = self.end + _MOMENT if self.end and self.end < before else _utc(before)
        tick = self._latest(limit, anchor)
        return tick if tick and (self.start is None or tick >= self.start) else None

    def smallest_gap(self, *, after: datetime | None = None) -> timedelta | None:
        """Return the smallest distance between two neighbouring ticks, or None when it fires at most once.

        Clock changes count. Ticks up to `after` do not, nor any before Scheduler existed: daylight saving rules that
        no longer hold say nothing of ticks to come.
        """
        expression = self.expression
        if isinstance(expression, At):
            return None
        if isinstance(expression, Rate):
            once = self.start and self.end and self.end - self.start < expression.period
            return None if once else expression.period
        begin = max(_utc(after or _LAUNCH), _just_before(self.start or _LAUNCH))
        return smallest_cron_gap(expression, self.timezone, begin, self.end)

    def never_fires(self) -> bool:
        """Tell whether there is no tick at any time, such as on 30 February; found in bounded time.

        A schedule whose ticks have all passed does fire by this reckoning; `ticks` tells what is left.
        """
        return not isinstance(self.expression, Rate) and next(self.ticks(_BEGINNING), None) is None

    def skipped(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the wall-clock times, without a zone, due in (after, until] that daylight saving skips."""
        expression = self.expression
        if isinstance(expression, Rate):
            return
        for change in clock_changes(self.timezone, _utc(after), _utc(until)):
            if not self._covers(change.at):
                continue
            first, end = change.skips
            if isinstance(expression, At):
                if first <= expression.wall < end:
                    yield expression.wall
            else:
                yield from _until(end, expression.walls(first))

    def _endless(self, after: datetime, anchor: datetime | None) -> Iterator[datetime]:
        expression = self.expression
        if isinstance(expression, Cron):
            return cron_ticks(expression, self.zone, min(max(after, _BEGINNING), _ENDING))
        if isinstance(expression, At):
            instant = at_instant(expression, self.zone)
            return iter(() if instant is None or instant <= after else (instant,))
        origin = self.start or (anchor and _utc(anchor))
        return rate_ticks(expression, origin, after) if origin else iter(())

    def _latest(self, before: datetime, anchor: datetime | None) -> datetime | None:
        expression = self.expression
        if isinstance(expression, Cron):
            return next(cron_ticks_back(expression, self.zone, min(max(before, _BEGINNING), _ENDING)), None)
        if isinstance(expression, At):
            instant = at_instant(expression, self.zone)
            return instant if instant and instant < before else None
        origin = self.start or (anchor and _utc(anchor))
        return last_rate_tick(expression, origin, before) if origin else None

    def _covers(self, instant: datetime) -> bool:
        return (self.start is None or self.start <= instant) and (self.end is None or instant <= self.end)

    def _span(self) -> str:
        if self.start and self.end:
            return f"between start {_print(self.start)} and end {_print(self.end)}"
        return f"after start {_print(self.start)}" if self.start else f"before end {_print(self.end or _BEGINNING)}"


def _utc(instant: datetime) -> datetime:
    """Bring an instant to UTC; with another zone Python would calculate by its wall clock."""
    if instant.tzinfo is None:
        msg = f"{instant.isoformat()} has no offset, so it is no instant"
        raise TypeError(msg)
    return instant.astimezone(UTC)


def _just_before(instant: datetime) -> datetime:
    return max(_utc(instant), _CALENDAR) - _MOMENT


def _until(end: datetime, walls: Iterator[datetime]) -> Iterator[datetime]:
    return takewhile(lambda wall: wall < end, walls)


def _limit(name: str, moment: datetime | None) -> datetime | None:
    """Bring a start or an end to UTC, or say why it cannot be."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        msg = f"{name} {moment.isoformat()} has no offset; an instant such as 2026-12-31T23:00:00Z is accepted"
        raise ExpressionError(msg)
    try:
        return _utc(moment)
    except OverflowError:
        msg = f"{name} {moment.isoformat()} is beyond the calendar of years 1 to 9999"
        raise ExpressionError(msg) from None


def _print(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
