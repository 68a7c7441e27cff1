"""What is known of each schedule of a stack: from the jobs' items, the ledger's records and ListSchedules. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import cadence
from aws_facts import schedules
from holds.standing import Standing
from ops import tick_words
from ops.looking import hold_words
from report.marks import SHOWN, mark
from supervision.waiting import waits
from watch import instants
from watch.classes import GOOD
from watch.names import job_of_schedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from holds.hold import Hold
    from supervision.waiting import Wait
    from watch.due import Deployed
    from watch.facts import JobFacts, ScheduleFacts
    from watch.ledger import TickKey
    from watch.records import JobRecord, OpenRun, ScheduleRecord, Tick

ENABLED, HELD, OFF, MISSING, STRAY, UNSCHEDULED = "enabled", "held", "off", "missing", "stray", "unscheduled"
STATES = {
    ENABLED: "Scheduler launches the job",
    HELD: "a hold keeps the schedule disabled",
    OFF: "the schedule is disabled",
    MISSING: "the job's item names the schedule, but Scheduler does not have it",
    STRAY: "Scheduler has the schedule, but no job's item names it",
    UNSCHEDULED: "the job has no schedule",
}
"""The states of a schedule, and what they mean."""
NONE = "none"
"""Stands for the outcome of a schedule of which no tick is known."""
OUTCOMES = (*SHOWN, NONE)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A schedule, or a job without one."""

    name: str
    job: str
    owner: str
    state: str
    enabled: bool
    """Whether Scheduler launches it. A stray schedule may be enabled."""
    words: str
    """When it runs, in words."""
    timezone: str
    as_deployed: bool
    """False when the watch has found that the schedule in AWS is not the one that was deployed."""
    next: datetime | None
    tick: str | None
    """The latest known tick."""
    outcome: str
    """The tick's outcome, as the report shows it."""
    failures: int
    """How many ticks in a row were alerted."""
    runs: tuple[OpenRun, ...]
    """The runs that have not ended, the earliest first."""
    waits: tuple[Wait, ...] = ()
    """The ticks that wait for their launch or their next attempt, by tick."""
    hold: Hold | None = None
    """The hold that keeps the schedule disabled, the one that lasts longest."""

    def to_plain(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {
            "schedule": self.name if self.state != UNSCHEDULED else None,
            "job": self.job,
            "owner": self.owner,
            "state": self.state,
            "enabled": self.enabled,
            "hold": hold_words.plain(self.hold) if self.hold else None,
            "words": self.words,
            "timezone": self.timezone,
            "asDeployed": self.as_deployed,
            "nextTick": instants.text_or_none(self.next),
            "lastTick": self.tick,
            "lastOutcome": self.outcome,
            "failuresInARow": self.failures,
            "running": [
                {"task": run.task, "cluster": run.cluster, "tick": run.tick, "since": run.since} for run in self.runs
            ],
            "waiting": [{"tick": wait.tick, **tick_words.plain_wait(wait)} for wait in self.waits],
        }


@dataclass(frozen=True)
class ToCome:
    """A schedule that is enabled or held, with what its next ticks depend on."""

    name: str
    job: str
    owner: str
    table: cadence.Timetable
    anchor: datetime
    """From when a rate without a start counts."""
    holds: tuple[Hold, ...] = ()
    """The holds on the job, in force or still to come."""

    def is_held(self, tick: datetime) -> bool:
        """Return whether a hold keeps a tick from running."""
        return any(hold.keeps(tick) for hold in self.holds)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """All that is known of a stack, from a number of calls that does not depend on the number of jobs."""

    items: Mapping[str, JobFacts]
    records: Mapping[str, JobRecord]
    deployed: Mapping[str, Deployed]
    now: datetime
    holds: Sequence[Hold] = ()

    def undescribed(self) -> list[str]:
        """Return the schedules whose times only GetSchedule knows."""
        return sorted(name for name in self.deployed if self._facts(name) is None)

    def to_come(self, described: Mapping[str, ScheduleFacts]) -> Iterator[ToCome]:
        """Yield the schedules with ticks to come, by name. `described` are those that `undescribed` names."""
        for name, found in sorted(self.deployed.items()):
            facts = self._facts(name) or described.get(name)
            table = _timetable(facts) if facts else None
            if table and (found.enabled or self._hold(name)):
                job, owner = job_of_schedule(name), self._owner(job_of_schedule(name))
                holds = tuple(hold for hold in self.holds if hold.covers(job, owner))
                yield ToCome(name, job, owner, table, _anchor(found, self._latest(name)), holds)

    def latest(self) -> list[TickKey]:
        """Return the latest known tick of each schedule that has one."""
        return [(name, tick) for name in self._names() if (tick := self._latest(name))]

    def rows(self, described: Mapping[str, ScheduleFacts], ticks: Mapping[TickKey, Tick]) -> list[Row]:
        """Return a row for each schedule, by name.

        `described` are the schedules that `undescribed` names, and `ticks` those that `latest` names.
        """
        found = [self._row(name, self._facts(name) or described.get(name), ticks) for name in self._names()]
        return sorted([*found, *self._unscheduled()], key=lambda row: row.name)

    def _names(self) -> set[str]:
        return {*self.deployed, *(name for facts in self.items.values() for name in facts.schedules)}

    def _record(self, name: str) -> ScheduleRecord | None:
        record = self.records.get(job_of_schedule(name))
        return record.schedules.get(name) if record else None

    def _facts(self, name: str) -> ScheduleFacts | None:
        """Return when a schedule runs: as AWS had it, if it was not changed since the watch read it, or as deployed."""
        record, found = self._record(name), self.deployed.get(name)
        item = self.items.get(job_of_schedule(name))
        wanted = item.schedules.get(name) if item else None
        if record and record.facts and found and record.changed == instants.text(found.changed):
            return record.facts
        return wanted

    def _latest(self, name: str) -> str | None:
        record, job = self._record(name), self.records.get(job_of_schedule(name))
        known = [record.checked, record.last_good, *record.seen[-1:]] if record else []
        if job is not None:
            known += [job.trouble.get(name), *(run.tick for run in job.open.values() if run.schedule == name)]
        until = instants.text(self.now)  # a run by hand may be for a tick to come
        return max((tick for tick in known if tick and tick <= until), default=None)

    def _state(self, name: str) -> str:
        item, found = self.items.get(job_of_schedule(name)), self.deployed.get(name)
        if item is None or name not in item.schedules:
            return STRAY
        if found is None:
            return MISSING
        if found.enabled:
            return ENABLED
        return HELD if self._hold(name) else OFF

    def _hold(self, name: str) -> Hold | None:
        """Return the hold that keeps a schedule disabled; None for one that config disables, as the watch has seen."""
        found, record, job = self.deployed.get(name), self._record(name), job_of_schedule(name)
        if found is None or found.enabled:
            return None
        if record and record.changed == instants.text(found.changed) and not record.paused:
            return None
        return Standing(self.holds, self.now).keeping(job, self._owner(job))

    def _row(self, name: str, facts: ScheduleFacts | None, ticks: Mapping[TickKey, Tick]) -> Row:
        job, found, record = job_of_schedule(name), self.deployed.get(name), self._record(name)
        latest = self._latest(name)
        tick = ticks.get((name, latest)) if latest else None
        enabled = found is not None and found.enabled
        table, hold = _timetable(facts) if facts else None, self._hold(name)
        has_end = hold is not None and hold.until is not None
        after = max(self.now, hold.until or self.now) if hold else self.now
        return Row(
            name=name,
            job=job,
            owner=self._owner(job),
            state=self._state(name),
            enabled=enabled,
            words=cadence.describe(table) if table else facts.expression if facts else "",
            timezone=facts.timezone if facts else "UTC",
            as_deployed=record is None or record.drift is None,
            next=_next(table, found, latest, after) if table and found and (enabled or has_end) else None,
            tick=latest,
            outcome=self._outcome(record, latest, tick),
            failures=record.failures if record else 0,
            runs=self._runs(job, name),
            waits=self._waits(job, name),
            hold=hold,
        )

    def _outcome(self, record: ScheduleRecord | None, latest: str | None, tick: Tick | None) -> str:
        """Return the outcome of the latest tick. The ledger forgets ticks, but not which one was the last good one."""
        if tick is not None:
            return mark(tick.outcome, tick.alert)
        return GOOD if record and latest and record.last_good == latest else NONE

    def _unscheduled(self) -> Iterator[Row]:
        for job, facts in self.items.items():
            if not facts.schedules:
                yield Row(
                    name=job,
                    job=job,
                    owner=facts.owner,
                    state=UNSCHEDULED,
                    enabled=False,
                    words="",
                    timezone="UTC",
                    as_deployed=True,
                    next=None,
                    tick=None,
                    outcome=NONE,
                    failures=0,
                    runs=(),
                )

    def _owner(self, job: str) -> str:
        record = self.records.get(job)
        facts = self.items.get(job) or (record.facts if record else None)
        return facts.owner if facts else ""

    def _runs(self, job: str, name: str) -> tuple[OpenRun, ...]:
        record = self.records.get(job)
        runs = record.open.values() if record else ()
        return tuple(sorted((run for run in runs if run.schedule == name), key=lambda run: (run.since, run.task)))

    def _waits(self, job: str, name: str) -> tuple[Wait, ...]:
        record = self.records.get(job)
        return tuple(wait for wait in waits(record.traffic.flights) if wait.schedule == name) if record else ()


def chosen(rows: Sequence[Row], *, owners: Sequence[str], states: Sequence[str], outcomes: Sequence[str]) -> list[Row]:
    """Return the rows with one of these owners, states and outcomes; an empty filter keeps all."""
    return [
        row
        for row in rows
        if (not owners or row.owner in owners)
        and (not states or row.state in states)
        and (not outcomes or row.outcome in outcomes)
    ]


def _timetable(facts: ScheduleFacts) -> cadence.Timetable | None:
    """Return a schedule's timetable; None for one that never runs, or that this version cannot read."""
    try:
        return schedules.timetable(
            facts.expression,
            facts.timezone,
            start=datetime.fromisoformat(facts.start) if facts.start else None,
            end=datetime.fromisoformat(facts.end) if facts.end else None,
            window=facts.window,
        )
    except (cadence.ExpressionError, cadence.ZoneError, ValueError):
        return None


def _next(table: cadence.Timetable, found: Deployed, latest: str | None, now: datetime) -> datetime | None:
    """Return the next tick."""
    return next(table.ticks(now, anchor=_anchor(found, latest)), None)


def _anchor(found: Deployed, latest: str | None) -> datetime:
    """Return from when a rate counts: from its latest tick, or from the schedule's last change."""
    known = [found.changed, *([instants.read(latest)] if latest else [])]
    return max(known)
