"""Which ticks were due, and which of them nothing is known of. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import islice, takewhile
from typing import TYPE_CHECKING

import cadence
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watch.facts import JobFacts, ScheduleFacts
    from watch.records import ScheduleRecord

PRECISION = timedelta(minutes=1)
"""Scheduler calls within the minute (Scheduler User Guide, "Schedule types"); so late a change may still take hold."""

MOST_JUDGED = 5_000
"""Ticks of one schedule in one look; the next look goes on from there."""


@dataclass(frozen=True)
class Deployed:
    """What ListSchedules tells of a schedule."""

    enabled: bool
    changed: datetime
    """When it was last changed, or created: what was due before says nothing."""


@dataclass(frozen=True)
class Judgement:
    """What a look at a schedule finds."""

    missed: tuple[str, ...]
    checked: str | None
    """The latest tick that was judged; None when none was."""
    due: int
    """How many were judged."""


NOTHING = Judgement((), None, 0)


def judge(  # noqa: PLR0913 - what is known, and of when
    facts: ScheduleFacts, record: ScheduleRecord, deployed: Deployed, *, since: datetime, now: datetime, grace: int
) -> Judgement:
    """Find the ticks that were due long enough ago and of which nothing is known.

    `since` is when the watch began to look; `grace` are seconds. A tick is judged once: the next look begins after
    `checked`.
    """
    if not deployed.enabled:
        return NOTHING
    timetable = times(facts)
    horizon = now - timedelta(minutes=facts.window, seconds=grace) - PRECISION
    if isinstance(timetable.expression, cadence.Rate):
        return _judge_rate(timetable, timetable.expression, record, max(since, deployed.changed), horizon)
    start = max(since, deployed.changed + PRECISION, _checked(record))
    due = takewhile(lambda tick: tick <= horizon, timetable.ticks(start))
    ticks = [instants.text(tick) for tick in islice(due, MOST_JUDGED)]
    seen = set(record.seen)
    return Judgement(tuple(tick for tick in ticks if tick not in seen), ticks[-1] if ticks else None, len(ticks))


def nearest(job: JobFacts, instant: datetime) -> tuple[str, str] | None:
    """Find the schedule and tick of a job that a launch at `instant` was probably for: the latest due before it."""
    found = [
        (tick, name)
        for name, facts in job.schedules.items()
        if (tick := times(facts).previous(instant + timedelta(seconds=1))) is not None
    ]
    if not found:
        return None
    tick, name = max(found)
    return name, instants.text(tick)


@cache
def times(facts: ScheduleFacts) -> cadence.Timetable:
    """Return a schedule's ticks; reading an expression takes longer than asking it."""
    return facts.timetable()


def settle(record: ScheduleRecord, checked: str) -> None:
    """Note that ticks were judged up to this one."""
    record.checked = checked
    record.seen = record.seen[bisect_right(record.seen, checked) :]


def next_ticks(jobs: Mapping[str, JobFacts], names: list[str], now: datetime) -> str | None:
    """Return the next tick of these jobs, if it is known beforehand."""
    ticks = [next(times(schedule).ticks(now), None) for name in names for schedule in jobs[name].schedules.values()]
    return instants.text_or_none(min((tick for tick in ticks if tick is not None), default=None))


def _judge_rate(
    timetable: cadence.Timetable, rate: cadence.Rate, record: ScheduleRecord, floor: datetime, horizon: datetime
) -> Judgement:
    """Expect each tick a period after the latest that is known; AWS does not tell where a rate counts from.

    So the first one may come at any moment of its period; what comes more than half a period late is another one.
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
