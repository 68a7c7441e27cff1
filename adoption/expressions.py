"""Schedules of AWS's expressions, as a stack file writes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import cadence
from adoption.unix_cron import CronError, Dialect, both_due, crons
from cadence.changes import clock_changes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from adoption.found import Note

_YEAR, _MINUTE = timedelta(days=366), timedelta(minutes=1)
_KEYS = ("by-date", "by-weekday")


def entry(expression: str, timezone: str, note: Note, field: str) -> dict[str, Any] | None:
    """Return the schedule of an expression such as `cron(0 2 * * ? *)`; None, with a leftover, if it is not valid."""
    try:
        read = cadence.parse(expression)
    except cadence.ExpressionError as error:
        note(field, f"'{expression}': {error}; write the schedule by hand")
        return None
    kind, _, body = str(read).removesuffix(")").partition("(")
    zone = {} if isinstance(read, cadence.Rate) else {"timezone": timezone}
    return {kind: body, **zone, "enabled": False}


def of_rule(expression: str, note: Note, field: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the schedules of a rule's expression, by key. They are in UTC (EventBridge User Guide, Rules)."""
    found = entry(expression, "UTC", note, field)
    if found is None:
        return {}
    if "rate" in found:
        note(field, other_count(expression))
    else:
        note(field, "rules are in UTC, and so is the schedule; after the switch-over you may choose another timezone")
    return {"": found}


def other_count(expression: str) -> str:
    """Return what becomes of the ticks of a rate whose count begins anew."""
    return (
        f"{expression} counts from the creation of a schedule, so the ticks come at other times than before; write a "
        "cron if that matters"
    )


def of_fields(
    text: str, timezone: str, dialect: Dialect, tell: Callable[[str], None], now: datetime
) -> Mapping[str, Mapping[str, Any]]:
    """Return the schedules of a cron's five fields, or of a macro, by key; none, with a leftover, if there are none.

    What differs is noted: the days on which two schedules run instead of one, and the changes of the clocks.
    """
    try:
        bodies, zone = crons(text, dialect), cadence.zone(timezone).key
    except (CronError, cadence.ZoneError) as error:
        tell(f"{error}; write the schedule by hand")
        return {}
    entries = [{"cron": body, "timezone": zone, "enabled": False} for body in bodies]
    for body in bodies:
        for todo in _at_clock_changes(body, zone, text, dialect, now):
            tell(todo)
    if len(entries) == 1:
        return {"": entries[0]}
    wall = both_due(bodies, zone, now)
    if wall is not None:
        tell(
            f"'{text}' runs on days that match either field, so there are two schedules; on days that match both, such "
            f"as {wall:%Y-%m-%d}, the job runs twice: name these days in a calendar, and in notOn of {_KEYS[1]}"
        )
    return dict(zip(_KEYS, entries, strict=True))


def _at_clock_changes(body: str, zone: str, text: str, dialect: Dialect, now: datetime) -> Iterator[str]:
    """Yield where a cron differs from Scheduler when the clocks change within a year.

    Scheduler skips a time that the clocks skip, and runs once at one that comes twice. Unix runs what was skipped right
    after it, except jobs with a star in minutes or hours, which it runs at every time that the clocks show (cron(8)).
    Kubernetes runs at every time that they show.
    """
    read = cadence.parse(f"cron({body})")
    assert isinstance(read, cadence.Cron)  # noqa: S101 - as its text says
    often = text == "@hourly" or any(field.startswith("*") for field in text.split()[:2])
    for change in clock_changes(zone, now, now + _YEAR):
        begin, end = sorted(change.skips)
        walls = (begin + step * _MINUTE for step in range((end - begin) // _MINUTE))
        wall = next((wall for wall in walls if read.matches(wall)), None)
        if wall is None:
            continue
        if change.forward and dialect is Dialect.UNIX and not often:
            yield f"does not run at {wall:%Y-%m-%d %H:%M} {zone}, which the clocks skip; cron runs it after that"
        if not change.forward and (often or dialect is Dialect.KUBERNETES):
            yield f"runs once at {wall:%Y-%m-%d %H:%M} {zone}, which comes twice; {dialect.value} runs it both times"
