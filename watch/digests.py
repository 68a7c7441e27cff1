"""How often a failing job is reported: at once, then at growing intervals, until the job recovers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from watch import classes, instants
from watch.records import JobRecord, Message, Storm, Tick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FIRST_DISTANCE = timedelta(minutes=15)
LONGEST_DISTANCE = timedelta(hours=12)
"""Less than a day, so that each failure of a nightly job has its own alert."""
NAMED_TICKS = 10
"""A digest names its latest ticks, at most this many, and counts all of them."""
MOST_UNRESOLVED = 100
"""Ticks without a good run that are remembered until the recovery. They must fit into a record of 400 KB."""


def distance(messages: int) -> timedelta:
    """Return the time without messages that follows the nth message."""
    return min(FIRST_DISTANCE * (1 << min(messages - 1, 16)), LONGEST_DISTANCE)


def raise_alert(record: JobRecord, tick: Tick, class_: str, now: datetime, quiet: Sequence[str]) -> None:
    """Report a tick, now or with the next digest. A tick that was reported before is not reported again."""
    if tick.alert is not None and tick.alert not in quiet:
        return
    if class_ in quiet:
        tick.alert = tick.alert or class_
        return
    tick.alert = class_
    record.schedule(tick.schedule).failures += 1
    record.unresolved = [*(one for one in record.unresolved if one != [*tick.key]), [*tick.key]][-MOST_UNRESOLVED:]
    record.trouble[tick.schedule] = max(tick.tick, record.trouble.get(tick.schedule, ""))
    storm = record.storm = record.storm or Storm(since=tick.tick)
    storm.missed = storm.missed or class_ == classes.MISSED
    _hold(storm, tick, class_)
    tell_if_due(record, now)


def tell_if_due(record: JobRecord, now: datetime) -> None:
    """Put the ticks that are not yet reported into the outbox, unless the last message is too recent."""
    if record.storm is not None and instants.text(now) >= record.storm.quiet_until:
        tell(record, now)


def tell(record: JobRecord, now: datetime) -> None:
    """Put the ticks that are not yet reported into the outbox, however recent the last message is."""
    storm = record.storm
    if storm is None or not storm.count:
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
            failures=record.schedule(schedule).failures,
            last_good=record.schedule(schedule).last_good,
            since=storm.since,
        )
    )
    messages = storm.messages + 1
    record.storm = Storm(
        messages=messages,
        quiet_until=instants.text(now + distance(messages)),
        since=storm.since,
        missed=storm.missed,
    )


def drop(record: JobRecord, tick: Tick) -> bool:
    """Forget that a tick is to be reported, if no message has reported it yet; return whether that was so."""
    storm = record.storm
    held = [one for one in storm.about if one[:2] == [*tick.key]] if storm else []
    if storm is None or not held:
        return False
    storm.about = [one for one in storm.about if one not in held]
    storm.count -= len(held)
    for _, _, class_ in held:
        storm.classes[class_] -= 1
    storm.classes = {name: count for name, count in storm.classes.items() if count}
    return True


def note_good(record: JobRecord, tick: Tick, comes_again: Callable[[str], bool]) -> None:
    """Record a good run: no tick in a row is bad any more, and the schedule's trouble ends if nothing delays it."""
    schedule = record.schedule(tick.schedule)
    schedule.failures = 0
    schedule.strikes = []
    schedule.last_good = max(tick.tick, schedule.last_good or "")
    record.unresolved = [one for one in record.unresolved if one != [*tick.key]]
    end_trouble(record, tick, comes_again)


def end_trouble(record: JobRecord, tick: Tick, comes_again: Callable[[str], bool]) -> None:
    """End a schedule's trouble after a good run of the alerted tick or a later one; report when the job has recovered.

    A run of the same tick that still goes on delays the recovery.
    A schedule that has no further ticks does not delay the recovery of the others. An alerted run that still goes on
    delays the recovery. After missed ticks, the five-minute checks must first have passed the good tick, because they
    may still find earlier ticks missed. The recovery also reports the ticks that were not yet reported, so that every
    alerted tick is reported once.
    """
    troubled, storm = record.trouble.get(tick.schedule), record.storm
    if troubled is None or tick.tick < troubled:
        return
    if _goes_on(record, tick.schedule, troubled) or _goes_on(record, tick.schedule, tick.tick):
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
    record.storm, record.unresolved, unresolved = None, [], record.unresolved
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
            unresolved=unresolved,
            since=storm.since,
        )
    )


def _goes_on(record: JobRecord, schedule: str, tick: str) -> bool:
    return any((run.schedule, run.tick) == (schedule, tick) for run in record.open.values())


def forget(record: JobRecord, schedules: Sequence[str], now: datetime) -> None:
    """End the trouble of schedules that are disabled or removed, because no good run will end it."""
    for schedule in schedules:
        record.trouble.pop(schedule, None)
    record.unresolved = [one for one in record.unresolved if one[0] not in schedules]
    storm = record.storm
    if storm is not None and not record.trouble and not storm.count and instants.text(now) >= storm.quiet_until:
        record.storm = None


def _hold(storm: Storm, tick: Tick, class_: str) -> None:
    storm.about = [*storm.about, [tick.schedule, tick.tick, class_]][-NAMED_TICKS:]
    storm.count += 1
    storm.classes[class_] = storm.classes.get(class_, 0) + 1
