"""The instants at which an expression is due in a time zone, forward and backward.

AWS's rules at daylight saving (Scheduler User Guide, "Schedule types"): a wall-clock time that the clocks skip does not
fire, and one that they show twice fires the first time only. On all but two days a year the offset from UTC does not
change. For such a day the offset is determined once.
"""

from __future__ import annotations

from datetime import MAXYEAR, UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from cadence.zones import to_utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

    from cadence.at import At
    from cadence.cron import Cron
    from cadence.rate import Rate

_DAY = timedelta(days=1)


def cron_ticks(cron: Cron, time_zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield the ticks later than `after`, ascending, in UTC."""
    since = _wall(after, time_zone)
    for day in cron.dates(since.date()):
        times = cron.times(since if day == since.date() else None)
        for instant in _instants(day, times, time_zone):
            if instant > after:
                yield instant


def cron_ticks_back(cron: Cron, time_zone: ZoneInfo, before: datetime) -> Iterator[datetime]:
    """Yield the ticks earlier than `before`, descending, in UTC."""
    until = _latest_wall(before, time_zone)
    for day in cron.dates_back(until.date()):
        times = cron.times_back(until if day == until.date() else None)
        for instant in _instants(day, times, time_zone):
            if instant < before:
                yield instant


def rate_ticks(rate: Rate, anchor: datetime, after: datetime) -> Iterator[datetime]:
    """Yield the ticks later than `after`, ascending: `anchor`, in UTC, and every period after it, to year 9998.

    Some zones cannot show the last moments of year 9999.
    """
    tick, period = anchor, rate.period
    try:
        if tick <= after:
            tick += period * ((after - tick) // period + 1)
        while tick.year < MAXYEAR:
            yield tick
            tick += period
    except OverflowError:
        return


def last_rate_tick(rate: Rate, anchor: datetime, before: datetime) -> datetime | None:
    """Return the latest tick earlier than `before`; None when the anchor is not earlier."""
    distance = before - anchor
    if distance <= timedelta(0):
        return None
    periods = -(-distance // rate.period) - 1
    return anchor + periods * rate.period


def at_instant(at: At, time_zone: ZoneInfo) -> datetime | None:
    """Return the only tick; None when the clocks skip it."""
    return to_utc(at.wall, time_zone)


def _instants(day: date, times: Iterable[tuple[int, int]], time_zone: ZoneInfo) -> Iterator[datetime]:
    year, month, number = day.year, day.month, day.day
    offset = _constant_offset(day, time_zone)
    if offset is not None:
        for hour, minute in times:
            yield datetime(year, month, number, hour, minute, tzinfo=UTC) - offset
        return
    for hour, minute in times:
        instant = to_utc(datetime(year, month, number, hour, minute), time_zone)  # noqa: DTZ001 - a wall clock
        if instant is not None:
            yield instant


def _constant_offset(day: date, time_zone: ZoneInfo) -> timedelta | None:
    """Return the day's offset from UTC; None when it changes within the day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=time_zone)
    offset = midnight.utcoffset()
    return offset if offset == (midnight + _DAY).utcoffset() else None


def _wall(instant: datetime, time_zone: ZoneInfo) -> datetime:
    return instant.astimezone(time_zone).replace(tzinfo=None)


def _latest_wall(instant: datetime, time_zone: ZoneInfo) -> datetime:
    """Return the latest wall-clock time shown up to `instant`. While an hour repeats, that is later than its own."""
    local = instant.astimezone(time_zone)
    wall = local.replace(tzinfo=None, fold=0)
    if not local.fold:
        return wall
    first = local.replace(fold=0).utcoffset() or timedelta(0)
    second = local.utcoffset() or timedelta(0)
    return wall + (first - second)
