"""The instants at which a schedule fires, from an expression, its time zone, its start and its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
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
"""The longest FlexibleTimeWindow of CreateSchedule, in minutes (Scheduler API Reference)."""

# Cron's years, with a margin for every zone. The ends of Python's calendar cannot be converted to another zone.
_BEGINNING = datetime(1969, 12, 1, tzinfo=UTC)
_ENDING = datetime(2200, 2, 1, tzinfo=UTC)
_YEARS = range(MINYEAR + 1, MAXYEAR)
"""The years of a start and an end: every zone can show them, and the weeks around them."""
# EventBridge Scheduler was announced on this day. No schedule has fired before.
_LAUNCH = datetime(2022, 11, 10, tzinfo=UTC)
_MOMENT = timedelta(microseconds=1)
_CALENDAR = datetime.min.replace(tzinfo=UTC) + _MOMENT


@dataclass(frozen=True)
class Timetable:
    """The ticks of a schedule.

    `start` is the earliest possible tick and `end` the latest, both inclusive. They need an offset, and become UTC. A
    rate counts from `start`.
    `window` is the flexible time window in minutes, 0 for none. A tick is the instant at which the window opens.
    Raises ExpressionError for an end before the start, a start or end that not every zone can show, a window out of
    range, a start or end on a one-time schedule, and no tick between start and end; ZoneError for a time zone that does
    not exist.
    For an expression that has no tick at all, `never_fires` returns True.
    """

    expression: Cron | Rate | At
    timezone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    window: int = 0

    def __post_init__(self) -> None:
        """Refuse values that AWS would refuse or ignore, and a schedule without a tick between start and end."""
        _ = self.zone
        if not 0 <= self.window <= LONGEST_WINDOW:
            raise ExpressionError(
                f"window of {self.window} minutes is out of range; must be 0 (off) or 1-{LONGEST_WINDOW}"
            )
        object.__setattr__(self, "start", _limit("start", self.start))
        object.__setattr__(self, "end", _limit("end", self.end))
        if isinstance(self.expression, At) and (self.start or self.end):
            raise ExpressionError("at cannot have a start or an end; AWS ignores both for a one-time schedule")
        if self.start and self.end and self.end < self.start:
            raise ExpressionError(f"end {_print(self.end)} is before start {_print(self.start)}")
        if isinstance(self.expression, Cron) and (self.start or self.end) and self.never_fires():
            raise ExpressionError(f"never fires {self._span()}")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone's rules, from the pinned tzdata package."""
        return zone(self.timezone)

    def ticks(self, after: datetime, *, anchor: datetime | None = None) -> Iterator[datetime]:
        """Yield the ticks later than `after`, ascending, in UTC, without end unless the expression or `end` sets one.

        A rate counts from `start`, otherwise from `anchor`, the schedule's creation or last change. Without both, a
        rate has a period but no ticks.
        """
        ticks = self._endless(max(_utc(after), _just_before(self.start or after)), anchor)
        end = self.end
        return ticks if end is None else takewhile(lambda tick: tick <= end, ticks)

    def between(self, start: datetime, end: datetime, *, anchor: datetime | None = None) -> Iterator[datetime]:
        """Yield the ticks from `start` to `end`, both inclusive, ascending, in UTC. For `anchor` see `ticks`."""
        return takewhile(lambda tick: tick <= end, self.ticks(_just_before(start), anchor=anchor))

    def previous(self, before: datetime, *, anchor: datetime | None = None) -> datetime | None:
        """Return the latest tick earlier than `before`, in UTC; None when there is none. For `anchor` see `ticks`."""
        limit = self.end + _MOMENT if self.end and self.end < before else _utc(before)
        tick = self._latest(limit, anchor)
        return tick if tick and (self.start is None or tick >= self.start) else None

    def smallest_gap(self, *, after: datetime | None = None) -> timedelta | None:
        """Return the smallest time between two neighbouring ticks; None when the schedule fires at most once.

        Clock changes count. Ticks up to `after` do not count, and neither do ticks before Scheduler existed, because
        old rules of daylight saving do not apply to future ticks.
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
        """Return whether the schedule has no tick at any time, as for 30 February. The time to find out is bounded.

        The result is False for a schedule whose ticks have all passed. `ticks` yields those that are left.
        """
        return not isinstance(self.expression, Rate) and next(self.ticks(_BEGINNING), None) is None

    def skipped(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the wall-clock times, without a zone, that are due in (after, until] but skipped by a clock change."""
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
    """Return an instant in UTC, because Python calculates by the wall clock in any other zone."""
    if instant.tzinfo is None:
        raise TypeError(f"{instant.isoformat()} has no offset, so it is not an instant")
    return instant.astimezone(UTC)


def _just_before(instant: datetime) -> datetime:
    return max(_utc(instant), _CALENDAR) - _MOMENT


def _until(end: datetime, walls: Iterator[datetime]) -> Iterator[datetime]:
    return takewhile(lambda wall: wall < end, walls)


def _limit(name: str, moment: datetime | None) -> datetime | None:
    """Return a start or an end in UTC; raises ExpressionError when it has no offset or is at an end of the calendar."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ExpressionError(
            f"{name} {moment.isoformat()} has no offset; must be an instant such as 2026-12-31T23:00:00Z"
        )
    if moment.year not in _YEARS:
        none = "; leave it out if there is no end" if moment.year == MAXYEAR else ""
        raise ExpressionError(
            f"{name} {moment.isoformat()} must be in the years {_YEARS.start} to {_YEARS.stop - 1}{none}"
        )
    return _utc(moment)


def _print(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
