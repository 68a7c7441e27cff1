"""How an event changes the records of its job and its tick. Pure: the caller passes the time and all data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from watch import classes, digests, due, instants
from watch.facts import OVERRUN_FACTOR, SHORTEST_OVERRUN
from watch.records import JobRecord, OpenRun, Run, Tick, WaitingEvent
from watch.task import Task, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from watch.facts import Facts, JobFacts

STOPPED, LOST = "STOPPED", "LOST"
"""A run's status: ECS's own when the task has ended, and ours when ECS no longer knows the task."""

WAITING = timedelta(minutes=15)
"""How long an event waits for its job's item. An update of a stack takes a few minutes."""
_MOST_WAITING = 100
"""Kept events of one job. They must fit into its record of 400 KB (DynamoDB quotas)."""

_REMEMBERED_DURATIONS = 20
_MOST_OPEN = 500
"""Open runs of one job that are followed at a time. They must fit into its record of 400 KB (DynamoDB quotas)."""
_REMEMBERED_TICKS = 2000
"""Ticks of one schedule that are remembered between two checks: more than a day of a tick each minute."""


@dataclass(frozen=True)
class Decisions:
    """The decisions of one moment. Each method changes the records that are passed to it."""

    facts: Facts
    now: datetime

    def take_task(self, record: JobRecord, tick: Tick, task: Task, container: str, unknown: str = "") -> Run | None:
        """Record a task's state. Return the run if this state ends it; None otherwise, and for a state known already.

        `unknown` is the schedule that the task names, quoted, when it is not one of the job's schedules.
        """
        known = tick.runs.get(task.id)
        if known is not None and (known.version >= task.version or known.status == STOPPED):
            return None
        run = tick.runs[task.id] = _run(task, container, known, unknown)
        note_tick(record, tick)
        if not task.over:
            since = instants.text(task.started or task.created or self.now)
            record.open[task.id] = OpenRun(task.arn, task.cluster, tick.schedule, tick.tick, since)
            _keep_newest(record.open)
            tick.outcome = classes.RUNNING
            return None
        record.open.pop(task.id, None)
        self._end(record, tick, run, judge(task, container))
        return run

    def keep_event(self, record: JobRecord, event: Mapping[str, Any]) -> None:
        """Keep an event of a job of which nothing is known, once, however often it is delivered."""
        if all(waiting.event != event for waiting in record.waiting):
            record.waiting = [*record.waiting, WaitingEvent(instants.text(self.now), dict(event))][-_MOST_WAITING:]

    def may_judge_waiting(self, record: JobRecord) -> bool:
        """Return whether the kept events of a job are to be judged: its item is there, or they have waited too long."""
        oldest = min((instants.read(waiting.since) for waiting in record.waiting), default=None)
        return oldest is not None and (self.facts.knows(record.job) or oldest <= self.now - WAITING)

    def forget_waiting(self, record: JobRecord, judged: Sequence[WaitingEvent]) -> None:
        """Remove kept events that were judged."""
        record.waiting = [waiting for waiting in record.waiting if waiting not in judged]

    def lose_run(self, record: JobRecord, tick: Tick, task_id: str) -> Run | None:
        """Record as failed a run that ECS no longer knows and whose end was not reported. A late report corrects it."""
        record.open.pop(task_id, None)
        run = tick.runs.get(task_id)
        if run is None or run.status in (STOPPED, LOST):
            return None
        run.status = LOST
        reason = "ECS no longer knows the task, and no event reported how the run ended"
        self._end(record, tick, run, Verdict(classes.FAILED, None, reason))
        return run

    def take_dead_letter(self, record: JobRecord, tick: Tick, reason: str) -> None:
        """Record that Scheduler gave up a launch. If the tick has a run all the same, the run decides the outcome."""
        note_tick(record, tick)
        tick.reason = reason
        if tick.runs:
            return
        tick.outcome = classes.NOT_LAUNCHED
        self._alert(record, tick, classes.NOT_LAUNCHED)

    def miss(self, record: JobRecord, tick: Tick) -> None:
        """Record that a tick was missed, unless a run or a dead letter has come in the meantime."""
        if tick.runs or tick.outcome == classes.NOT_LAUNCHED:
            return
        tick.outcome = classes.MISSED
        self._alert(record, tick, classes.MISSED)

    def looked(self, record: JobRecord, schedule: str) -> None:
        """Record that the checks have advanced. A good tick that waited for them may now end its schedule's trouble."""
        good = record.awaited.get(schedule)
        if good is not None and good <= (record.schedule(schedule).checked or ""):
            self._note_good(record, Tick(record.job, schedule, good))

    def overrun(self, record: JobRecord, tick: Tick, task_id: str) -> None:
        """Record that a run takes too long, unless it has ended in the meantime."""
        if task_id in record.open:
            self._alert(record, tick, classes.OVERRUN)

    def _end(self, record: JobRecord, tick: Tick, run: Run, verdict: Verdict) -> None:
        run.outcome, run.exit_code, run.reason = verdict.outcome, verdict.exit_code, verdict.reason
        tick.outcome = _outcome(tick)
        if verdict.outcome == classes.GOOD:
            seconds = duration(run)
            if seconds is not None:
                record.durations = [*record.durations, seconds][-_REMEMBERED_DURATIONS:]
            self._note_good(record, tick)
        elif verdict.outcome != classes.STOPPED:
            self._alert(record, tick, verdict.outcome)

    def _note_good(self, record: JobRecord, tick: Tick) -> None:
        digests.note_good(record, tick, lambda schedule: self._comes_again(record.job, schedule))

    def _comes_again(self, job: str, schedule: str) -> bool:
        facts = self.facts.job(job).schedules.get(schedule)
        if facts is None:
            return False
        times = due.times(facts)
        return next(times.ticks(self.now, anchor=self.now), None) is not None

    def _alert(self, record: JobRecord, tick: Tick, class_: str) -> None:
        digests.raise_alert(record, tick, class_, self.now, self.facts.quiet)


def longest_run(record: JobRecord, facts: JobFacts) -> int | None:
    """Return the seconds after which a run is an overrun; None when no limit is set and no good run is known."""
    if facts.longest_run is not None:
        return facts.longest_run
    if not record.durations:
        return None
    return max(OVERRUN_FACTOR * max(record.durations), SHORTEST_OVERRUN)


def note_tick(record: JobRecord, tick: Tick) -> None:
    """Record for the next check that a run or a dead letter of a tick is known."""
    schedule = record.schedule(tick.schedule)
    if tick.tick not in schedule.seen and (schedule.checked is None or tick.tick > schedule.checked):
        schedule.seen = sorted([*schedule.seen, tick.tick])[-_REMEMBERED_TICKS:]


def _keep_newest(runs: dict[str, OpenRun]) -> None:
    while len(runs) > _MOST_OPEN:
        del runs[min(runs, key=lambda name: runs[name].since)]


def duration(run: Run) -> int | None:
    """Return the seconds that a run took; None when its start or its end is unknown."""
    if not run.started or not run.stopped:
        return None
    return round((instants.read(run.stopped) - instants.read(run.started)).total_seconds())


def _outcome(tick: Tick) -> str:
    """Return the outcome of a tick: good when any of its runs was good, otherwise the outcome of its latest run."""
    outcomes = {run.outcome for run in tick.runs.values()}
    if classes.GOOD in outcomes:
        return classes.GOOD
    latest = tick.latest
    return latest.outcome if latest else tick.outcome


def _run(task: Task, container: str, known: Run | None, unknown: str) -> Run:
    return Run(
        task=task.arn,
        version=task.version,
        status=task.status,
        definition=task.definition or (known.definition if known else ""),
        container=container,
        created=instants.text_or_none(task.created),
        started=instants.text_or_none(task.started),
        stopped=instants.text_or_none(task.stopped),
        stop_code=task.stop_code,
        reason=task.reason,
        unknown=unknown,
    )
