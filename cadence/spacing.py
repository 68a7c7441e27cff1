"""The smallest time between two ticks of a cron expression."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise, takewhile
from typing import TYPE_CHECKING

from cadence.changes import clock_changes
from cadence.instants import cron_ticks, cron_ticks_back
from cadence.zones import zone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cadence.changes import ClockChange
    from cadence.cron import Cron

_FEW = 64
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
# Weekdays, leap years and daylight saving repeat after 28 years, except across a century without its leap day.
_CYCLE = timedelta(days=28 * 365 + 7)
_MOMENT = timedelta(microseconds=1)


@lru_cache(maxsize=4096)  # the plan asks several times about each schedule
def smallest_cron_gap(cron: Cron, zone_name: str, after: datetime, end: datetime | None) -> timedelta | None:
    """Return the smallest time between two neighbouring ticks in (after, end]; None when there are not two ticks.

    A few ticks are measured one by one. Many ticks are measured by the calendar (within a day, and from one day's last
    tick to the next day's first), and by the pairs of ticks around each clock change that skips wall-clock times.
    """
    first_ticks = list(islice(_ticks(cron, zone_name, after, end), _FEW))
    measured = min((later - earlier for earlier, later in pairwise(first_ticks)), default=None)
    if measured is None or len(first_ticks) < _FEW:
        return measured
    first = first_ticks[0]
    horizon = min(end or first + _CYCLE, first + _CYCLE)
    by_calendar = min(measured, _within_a_day(cron) or measured)
    by_calendar = min(by_calendar, _between_days(cron, first.date(), horizon.date(), by_calendar))
    return _around_changes(cron, zone_name, first, horizon, by_calendar)


def _ticks(cron: Cron, zone_name: str, after: datetime, end: datetime | None) -> Iterator[datetime]:
    ticks = cron_ticks(cron, zone(zone_name), after)
    return ticks if end is None else takewhile(lambda tick: tick <= end, ticks)


def _within_a_day(cron: Cron) -> timedelta | None:
    hours, minutes = cron.hours.values, cron.minutes.values
    distances = [later - earlier for earlier, later in pairwise(minutes)]
    distances += [60 * (later - earlier) - (minutes[-1] - minutes[0]) for earlier, later in pairwise(hours)]
    return timedelta(minutes=min(distances)) if distances else None


def _between_days(cron: Cron, since: date, until: date, smallest: timedelta) -> timedelta:
    """Return the smallest time from a day's last tick to the next day's first; `smallest` when that is not less."""
    hours, minutes = cron.hours.values, cron.minutes.values
    length = timedelta(hours=hours[-1] - hours[0], minutes=minutes[-1] - minutes[0])
    for earlier, later in pairwise(takewhile(lambda day: day <= until, cron.dates(since))):
        if smallest <= _DAY - length:
            break
        smallest = min(smallest, later - earlier - length)
    return smallest


def _around_changes(cron: Cron, zone_name: str, after: datetime, until: datetime, by_calendar: timedelta) -> timedelta:
    """Return the smallest time between two ticks around a clock change; `by_calendar` when that is not less."""
    smallest = by_calendar
    time_zone = zone(zone_name)
    for change in clock_changes(zone_name, after, until):
        if not change.forward:
            continue
        if smallest <= by_calendar - (change.after - change.before):
            break
        if not _may_bring_together(cron, change, smallest):
            continue
        later = next(cron_ticks(cron, time_zone, change.at - _MOMENT), None)
        earlier = next(cron_ticks_back(cron, time_zone, change.at), None)
        if later and earlier and later <= until:
            smallest = min(smallest, later - earlier)
    return smallest


def _may_bring_together(cron: Cron, change: ClockChange, smallest: timedelta) -> bool:
    """Return False when cheap checks rule out two ticks around the change that are closer than `smallest`."""
    if cron.hours.whole and not (change.after - change.before) % _HOUR:
        return False
    gap_begin, gap_end = change.skips
    before = next(cron.dates_back(gap_begin.date()), None)
    if before is None or before < (gap_begin - smallest).date():
        return False
    after = next(cron.dates(gap_end.date()), None)
    return after is not None and after <= (gap_end + smallest).date()
