"""By when the work of a tick must be done: a time of the day, or a time after the tick. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import cadence
from watch import due, durations

if TYPE_CHECKING:
    from watch.facts import ScheduleFacts

FORMS = "a time of the day in the schedule's time zone, such as 06:30, or a time after the tick, such as 90m or 1h30m"
LONGEST = timedelta(days=1)
"""The longest time after the tick."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_SOME_DAY, _TRIED = datetime(2026, 1, 1, tzinfo=UTC), 50
"""The beginning and the number of the ticks for which a time of the day is compared with the window."""
_WALL_GAP = timedelta(hours=1)
_REMEMBERED = timedelta(days=1)
"""How long after a deadline it is still judged, for example after an outage of the watch."""


def read(text: str) -> time | timedelta:
    """Return what a text says; ValueError, with the accepted forms, for another text."""
    if clock := _CLOCK.fullmatch(text):
        return time(int(clock[1]), int(clock[2]))
    if (after := durations.read(text)) is not None:
        if timedelta(0) < after <= LONGEST:
            return after
        raise ValueError("must be more than 0 and at most 24 hours after the tick")
    raise ValueError(f"must be {FORMS}")


def problem(text: str, timetable: cadence.Timetable) -> str | None:
    """Return why a schedule cannot have this deadline; None when it can. ValueError for a text that is no deadline."""
    wanted = read(text)
    if isinstance(timetable.expression, cadence.Rate):
        return "needs a cron or an at: when a rate has its ticks is not known before they come"
    if isinstance(wanted, timedelta):
        least = timedelta(minutes=timetable.window)
        return None if wanted > least else f"must be longer than the window of {timetable.window} minutes"
    window = timedelta(minutes=timetable.window)
    ticks = islice(timetable.ticks(timetable.start or _SOME_DAY), _TRIED)
    if any(deadline(text, tick, timetable.timezone) - tick <= window for tick in ticks):
        return f"comes within the window of {timetable.window} minutes after a tick; must be later"
    gap = timetable.smallest_gap()
    if gap is not None and gap < _WALL_GAP:
        return (
            "is a time of the day, but the schedule has several ticks an hour; give a time after the tick, such as 30m"
        )
    return None


def deadline(text: str, tick: datetime, timezone: str) -> datetime:
    """Return when the work of a tick must be done, in UTC: a time of the day is the first one after the tick.

    A time of the day that the clocks skip counts as the time an hour later, and one that they show twice as the first.
    """
    wanted = read(text)
    if isinstance(wanted, timedelta):
        return tick + wanted
    local = tick.astimezone(cadence.zone(timezone))
    for days in range(3):
        day = local.date() + timedelta(days=days)
        found = datetime.combine(day, wanted, local.tzinfo).astimezone(UTC)
        if found > tick:
            return found
    raise AssertionError(text)  # each day has the time


def passed(text: str, facts: ScheduleFacts, judged: datetime | None, now: datetime) -> list[datetime]:
    """Return the ticks after `judged` whose deadline has passed, not longer than a day ago, ascending."""
    begin = now - _REMEMBERED - LONGEST
    ticks = due.times(facts).between(max(judged + due.PRECISION, begin) if judged else begin, now)
    moments = ((tick, deadline(text, tick, facts.timezone)) for tick in ticks)
    return [tick for tick, until in moments if now - _REMEMBERED < until <= now]
