"""How often a person hears of a job that keeps failing: at once, then at a growing distance, until it recovers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from watch import classes, instants
from watch.records import JobRecord, Message, Storm, Tick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FIRST_DISTANCE = timedelta(minutes=15)
LONGEST_DISTANCE = timedelta(hours=12)
"""Below a day, so that each failure of a nightly job is told by itself."""
NAMED_TICKS = 10
"""Of the ticks that a digest tells, so many are named, the latest; all are counted."""


def distance(messages: int) -> timedelta:
    """Return how long it stays quiet after the nth message."""
    return min(FIRST_DISTANCE * (1 << min(messages - 1, 16)), LONGEST_DISTANCE)


def raise_alert(record: JobRecord, tick: Tick, class_: str, now: datetime, quiet: Sequence[str]) -> None:
    """Have a person told of a tick, now or with the next digest; a tick that was told before is not told again."""
    if tick.alert is not None and tick.alert not in quiet:
        return
    if class_ in quiet:
        tick.alert = tick.alert or class_
        return
    tick.alert = class_
    record.trouble[tick.schedule] = max(tick.tick, record.trouble.get(tick.schedule, ""))
    storm = record.storm = record.storm or Storm(since=tick.tick)
    storm.missed = storm.missed or class_ == classes.MISSED
    _hold(storm, tick, class_)
    tell_if_due(record, now)


def tell_if_due(record: JobRecord, now: datetime) -> None:
    """Put what is still to be told into the outbox, unless it is too soon after the last message."""
    storm = record.storm
    if storm is None or not storm.count or instants.text(now) < storm.quiet_until:
        return
    schedule, tick, class_ = storm.about[-1]
    kind = "alert" if storm.count == 1 else "digest"
    record.outbox.append(
        Message(
            id=f"{schedule}/{tick}" + ("" if kind == "alert" else f"/digest-{storm.messages + 1}"),
            kind=kind,
            class_=class_,
            schedule=schedule,
            tick=tick,
            about=storm.about,
            count=storm.count,
            classes=storm.classes,
        )
    )
    messages = storm.messages + 1
    record.storm = Storm(
        messages=messages,
        quiet_until=instants.text(now + distance(messages)),
        since=storm.since,
        missed=storm.missed,
    )


def note_good(record: JobRecord, tick: Tick, comes_again: Callable[[str], bool]) -> None:
    """End a schedule's trouble by a good run of the alerted tick, or of a later one; tell when the job is well again.

    A schedule that does not come again has no later run, and keeps no other from being well. A run that is alerted and
    goes on does; and after missed ticks the looks must have come as far, since they find ticks before this one missed.
    What was still to be told goes with it, so that every alerted tick is told once.
    """
    troubled, storm = record.trouble.get(tick.schedule), record.storm
    if troubled is None or tick.tick < troubled or _goes_on(record, tick.schedule, troubled):
        return
    if storm is not None and storm.missed and tick.tick > (record.schedule(tick.schedule).checked or ""):
        if record.awaited.get(tick.schedule, "") < troubled:
            record.awaited[tick.schedule] = tick.tick
        return
    del record.trouble[tick.schedule]
    record.awaited.pop(tick.schedule, None)
    if storm is None or any(comes_again(schedule) for schedule in record.trouble):
        return
    record.trouble.clear()
    record.awaited.clear()
    record.storm = None
    record.outbox.append(
        Message(
            id=f"{tick.schedule}/{tick.tick}/recovered",
            kind="recovered",
            class_=classes.RECOVERED,
            schedule=tick.schedule,
            tick=tick.tick,
            about=storm.about,
            count=storm.count,
            classes=storm.classes,
            reason=f"it was in trouble since the tick {storm.since}",
        )
    )


def _goes_on(record: JobRecord, schedule: str, tick: str) -> bool:
    return any((run.schedule, run.tick) == (schedule, tick) for run in record.open.values())


def forget(record: JobRecord, schedules: Sequence[str], now: datetime) -> None:
    """End the trouble of schedules that somebody has switched off or removed: no good run will."""
    for schedule in schedules:
        record.trouble.pop(schedule, None)
    storm = record.storm
    if storm is not None and not record.trouble and not storm.count and instants.text(now) >= storm.quiet_until:
        record.storm = None


def _hold(storm: Storm, tick: Tick, class_: str) -> None:
    storm.about = [*storm.about, [tick.schedule, tick.tick, class_]][-NAMED_TICKS:]
    storm.count += 1
    storm.classes[class_] = storm.classes.get(class_, 0) + 1
