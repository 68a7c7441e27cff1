"""When a job is paused because its ticks keep going wrong, and when the count begins anew. Pure.

The decision stands in the job's record before the hold is stored, and the hold's id is made of the tick that brought it
about. So a hold is stored once, whatever is delivered twice or killed in between.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from holds.hold import Hold
from watch import classes, instants
from watch.records import Pause

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from watch.records import JobRecord, Tick

FEWEST, MOST = 2, 100
"""The fewest and the most ticks in a row after which a job can be paused."""
BY = "the watch"
"""The author of the hold. No user and no role's session has a space in its name (IAM API reference)."""
COUNTED = tuple(outcome.name for outcome in classes.OUTCOMES if outcome.pauses)
"""The outcomes of ticks that count."""

_ID = 8
"""Hexadecimal digits. The ids of operators' holds have six."""


def problem(ticks: int) -> str | None:
    """Return why a job cannot be paused after so many ticks; None if it can."""
    return None if FEWEST <= ticks <= MOST else f"must be {FEWEST} to {MOST}"


def strike(record: JobRecord, tick: Tick, limit: int | None, now: datetime, quiet: Sequence[str]) -> Pause | None:
    """Count a tick that went wrong, once; return the pause if this tick brings it about.

    `limit` is the number of ticks in a row after which the job is paused; None for a job that never is. A tick of a
    class in `quiet` does not count, since nobody is told of it. A tick that is older than the latest good one is not
    in a row with those that follow.
    """
    schedule = record.schedule(tick.schedule)
    is_old = schedule.last_good is not None and tick.tick <= schedule.last_good
    if limit is None or tick.struck or is_old or tick.outcome not in COUNTED or tick.outcome in quiet:
        return None
    tick.struck = True
    schedule.strikes = sorted([*schedule.strikes, tick.tick])[-MOST:]
    if record.pause is not None or len(schedule.strikes) < limit:
        return None
    record.pause = Pause(tick.schedule, tick.tick, instants.text(now), len(schedule.strikes))
    return record.pause


def lift(record: JobRecord, pause: Pause, ended: str) -> None:
    """Begin the count anew after somebody has ended the hold of a pause. Ticks after that moment count."""
    if record.pause is None or id_of(record.pause) != id_of(pause):
        return
    record.pause = None
    for schedule in record.schedules.values():
        schedule.strikes = [tick for tick in schedule.strikes if tick > ended]


def note_stored(record: JobRecord, pause: Pause) -> None:
    """Record that the hold of a pause is stored."""
    if record.pause is not None and id_of(record.pause) == id_of(pause):
        record.pause.stored = True


def hold(job: str, pause: Pause) -> Hold:
    """Return the hold of a pause. It has no end, because nobody knows when the cause will be removed."""
    since = instants.read(pause.since)
    return Hold(
        id=id_of(pause),
        reason=f"{pause.count} ticks of {pause.schedule} in a row went wrong, the last one {pause.tick}",
        by=BY,
        made=since,
        begin=since,
        until=None,
        jobs=(job,),
    )


def id_of(pause: Pause) -> str:
    """Return the id of the hold of a pause."""
    return hashlib.sha256(f"{pause.schedule}/{pause.tick}".encode()).hexdigest()[:_ID]
