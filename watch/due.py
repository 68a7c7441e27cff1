"""The ticks that were due, and those of them that have no known run or dead letter. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import islice, takewhile
from typing import TYPE_CHECKING

import cadence
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watch.facts import JobFacts, ScheduleFacts
    from watch.records import ScheduleRecord

PRECISION = timedelta(minutes=1)
"""Scheduler calls within the minute (Scheduler User Guide, "Schedule types"), so a change may take a minute."""

MOST_JUDGED = 5_000
"""Ticks of one schedule that one check judges. The next check continues from there."""

_REMEMBERED = 2000
"""Schedules. Larger stacks are judged too, but more slowly."""


@dataclass(frozen=True)
class Deployed:
    """A schedule's state, as ListSchedules returns it."""

    enabled: bool
    changed: datetime
    """When the schedule was last changed, or created. Ticks before this are not judged."""


@dataclass(frozen=True)
class Judgement:
    """The result of checking a schedule."""

    missed: tuple[str, ...]
    checked: str | None
    """The latest tick that was judged; None when none was."""
    due: int
    """The number of ticks that were judged."""

    def __add__(self, later: Judgement) -> Judgement:
        """Return this judgement and a later one as one."""
        return Judgement(self.missed + later.missed, later.checked or self.checked, self.due + later.due)


NOTHING = Judgement((), None, 0)


def judge(  # noqa: PLR0913 - the schedule, its state, and three times
    facts: ScheduleFacts | None,
    record: ScheduleRecord,
    deployed: Deployed | None,
    *,
    since: datetime,
    now: datetime,
    grace: int,
) -> Judgement:
    """Return the ticks that were due long enough ago and have no known run or dead letter.

    `facts` are the schedule's since its last change; the ticks before are judged by what the record has of them. A tick
    within a minute of a change is not judged, because Scheduler may have called before the change or after it.
    `facts` or `deployed` are None for a schedule that does not exist. `since` is the time of the watch's first check,
    and `grace` is in seconds. A tick is judged once: the next check begins after `checked`.
    """
    late = timedelta(seconds=grace) + PRECISION
    found = NOTHING
    for past in record.past:
        changed = instants.read(past.since) if past.since else instants.BEGINNING
        horizon = min(instants.read(past.until) - PRECISION, now - late - _window(past.facts))
        found += _judge(past.facts, record, since, changed, horizon)
        if found.due >= MOST_JUDGED:
            return found
    if facts is not None and deployed is not None and deployed.enabled:
        found += _judge(facts, record, since, deployed.changed, now - late - _window(facts))
    return found


def _window(facts: ScheduleFacts) -> timedelta:
    return timedelta(minutes=facts.window)


def _judge(
    facts: ScheduleFacts, record: ScheduleRecord, since: datetime, changed: datetime, horizon: datetime
) -> Judgement:
    """Return the judgement of the ticks from the time of a change until `horizon`."""
    timetable = times(facts)
    if isinstance(timetable.expression, cadence.Rate):
        return _judge_rate(timetable, timetable.expression, record, max(since, changed), horizon)
    start = max(since, changed + PRECISION, _checked(record))
    first = _first(facts, start)
    if first is None or first > horizon:
        return NOTHING
    due = takewhile(lambda tick: tick <= horizon, timetable.ticks(start))
    ticks = [instants.text(tick) for tick in islice(due, MOST_JUDGED)]
    seen = set(record.seen)
    return Judgement(tuple(tick for tick in ticks if tick not in seen), ticks[-1] if ticks else None, len(ticks))


def nearest(job: JobFacts, instant: datetime) -> tuple[str, str] | None:
    """Return the likely schedule and tick of a launch at `instant`: the job's latest tick that was due by then."""
    found = [
        (tick, name)
        for name, facts in job.schedules.items()
        if (tick := times(facts).previous(instant + timedelta(seconds=1))) is not None
    ]
    if not found:
        return None
    tick, name = max(found)
    return name, instants.text(tick)


@lru_cache(maxsize=_REMEMBERED)
def _first(facts: ScheduleFacts, start: datetime) -> datetime | None:
    """Return the first tick after a time. It is remembered, because most checks ask again about the same time."""
    return next(times(facts).ticks(start), None)


@cache
def times(facts: ScheduleFacts) -> cadence.Timetable:
    """Return a schedule's timetable. It is cached, because reading an expression takes longer than asking for ticks."""
    return facts.timetable()


def settle(record: ScheduleRecord, checked: str) -> None:
    """Record that ticks were judged up to and including `checked`."""
    record.checked = checked
    record.seen = record.seen[bisect_right(record.seen, checked) :]


def next_tick(jobs: Sequence[JobFacts], now: datetime) -> tuple[str, str] | None:
    """Return the next tick of these jobs, and its time zone; None when no tick is known in advance."""
    schedules = [schedule for job in jobs for schedule in job.schedules.values()]
    ticks = [
        (tick, schedule.timezone)
        for schedule in schedules
        if (tick := next(times(schedule).ticks(now), None)) is not None
    ]
    if not ticks:
        return None
    tick, timezone = min(ticks)
    return instants.text(tick), timezone


def _judge_rate(
    timetable: cadence.Timetable, rate: cadence.Rate, record: ScheduleRecord, floor: datetime, horizon: datetime
) -> Judgement:
    """Return the judgement of a rate. Each tick is expected one period after the latest known tick.

    AWS does not say from when a rate counts, so the first tick may come at any moment of the first period. A tick that
    comes more than half a period late counts as the next one.
    """
    known = [instants.read(tick) for tick in record.seen]
    last = _checked(record)
    anchor, missed, judged = max(last, floor), [], 0
    first = timetable.start is not None and timetable.start > anchor
    expected = timetable.start if first and timetable.start else anchor + rate.period
    for _ in range(MOST_JUDGED):
        if expected > horizon or (timetable.end and expected > timetable.end):
            break
        place = bisect_right(known, anchor)
        if place < len(known) and known[place] < expected + rate.period / 2:
            anchor = known[place]
        else:
            anchor = expected
            missed.append(instants.text(expected))
        expected = anchor + rate.period
        judged += 1
    return Judgement(tuple(missed), instants.text(anchor) if judged else None, judged)


def _checked(record: ScheduleRecord) -> datetime:
    return instants.read(record.checked) if record.checked else instants.BEGINNING
