"""Words of the report for times, durations and counts. Pure."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import cadence
from report.marks import MEANINGS, gravest
from watch import classes
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from supervision.waiting import Wait

_SOON = timedelta(days=6)
"""The time in which a weekday names one day only."""
_ALL = {1: "", 2: "both "}
"""The word for all of so many."""


def zone(described: Mapping[str, Any]) -> ZoneInfo:
    """Return the time zone of a schedule of GetSchedule; UTC for a zone that is not in the pinned database."""
    return zone_named(described.get("ScheduleExpressionTimezone") or "UTC")


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone of this name; UTC for a zone that is not in the pinned database."""
    try:
        return cadence.zone(name)
    except cadence.ZoneError:
        return cadence.zone("UTC")


def wall(instant: datetime, zone: str) -> str:
    """Return an instant in a time zone: `Sun 2026-11-22 03:30 CET`, with seconds unless they are 0."""
    own = instant.astimezone(cadence.zone(zone))
    return f"{own:%a %Y-%m-%d %H:%M:%S %Z}" if own.second else f"{own:%a %Y-%m-%d %H:%M %Z}"


def clock(instant: datetime) -> str:
    """Return an instant in UTC: `Sun 02:30:00 UTC`."""
    return f"{instant.astimezone(UTC):%a %H:%M:%S} UTC"


def short_tick(instant: datetime, zone: str, now: datetime, more: str = "") -> str:
    """Return an instant in few characters: `Sun 03:30` within six days of now, else `31 Dec 2026`.

    `more` is what follows the time of the day, as a format.
    """
    own = instant.astimezone(zone_named(zone))
    return format(own, f"%a %H:%M{more}" if abs(instant - now) < _SOON else "%d %b %Y")


def period(begin: datetime, end: datetime, zone: str) -> str:
    """Return an instant, or a period of some hours: `Sun 2026-11-22 00:00 to 04:00 CET`."""
    if begin == end:
        return wall(begin, zone)
    first, last = (instant.astimezone(cadence.zone(zone)) for instant in (begin, end))
    return f"{first:%a %Y-%m-%d %H:%M} to {last:%H:%M %Z}"


def length(seconds: int) -> str:
    """Return a duration in words: `8 s`, `9 h` or `1 h 5 min 8 s`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return " ".join(f"{n} {unit}" for n, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if n) or "0 s"


def meaning(outcome: str) -> str:
    """Return an outcome in words, such as `not launched`."""
    return MEANINGS.get(outcome, outcome)


def explained(outcome: str) -> str:
    """Return what an outcome means, such as `Scheduler gave up the launch`; nothing for an unknown one."""
    known = classes.BY_NAME.get(outcome)
    return known.meaning if known else ""


def parts(counts: Mapping[str, int]) -> str:
    """Return how many ticks had each outcome, the gravest first: `2 failed, 1 missed, 40 good`."""
    return ", ".join(f"{counts[outcome]} {meaning(outcome)}" for outcome in gravest(counts))


def waiting(wait: Wait, shown: Callable[[datetime], str]) -> str:
    """Return what a tick waits for, and until when: `attempt 2 of 3; next launch Sun 03:35`."""
    said = [wait.why]
    if wait.next_launch is not None:
        said.append(f"next launch {shown(wait.next_launch)}")
    if wait.launch_by is not None:
        said.append(f"too late after {shown(wait.launch_by)}")
    return "; ".join(said)


def tally(counts: Mapping[str, int]) -> str:
    """Return ticks and how they ended: `1 tick, good`, `9 ticks, all good` or `2 ticks: 1 failed, 1 good`."""
    said = counted(sum(counts.values()), "tick")
    match gravest(counts):
        case [outcome]:
            return f"{said}, {_ALL.get(counts[outcome], 'all ')}{meaning(outcome)}"
        case _:
            return f"{said}: {parts(counts)}"
