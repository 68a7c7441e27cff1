"""What an event does to the records of its job and its tick. Pure: time is given, nothing is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from watch import classes, due, instants, storm
from watch.facts import OVERRUN_FACTOR, SHORTEST_OVERRUN
from watch.records import JobRecord, OpenRun, Run, Tick
from watch.task import Task, Verdict, judge

if TYPE_CHECKING:
    from datetime import datetime

    from watch.facts import Facts, JobFacts

STOPPED, LOST = "STOPPED", "LOST"
"""A run's status: as ECS says, and when it no longer says anything."""

_REMEMBERED_DURATIONS = 20
_MOST_OPEN = 500
"""Runs of one job that are looked after at a time: they must fit into its record, of 400 KB (DynamoDB quotas)."""
_REMEMBERED_TICKS = 2000
"""Of one schedule, between two looks: more than a day of a schedule that is due each minute."""


@dataclass(frozen=True)
class Decisions:
    """Decisions of one moment. Each changes the records that it is given."""

    facts: Facts
    now: datetime

    def take_task(self, record: JobRecord, tick: Tick, task: Task, container: str, unknown: str = "") -> Run | None:
        """Take what is told of a task; return the run when this ends it, and None for what is known already.

        `unknown` is the schedule that the task names, quoted, where that is not one of the job's.
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

    def lose_run(self, record: JobRecord, tick: Tick, task_id: str) -> Run | None:
        """Take it that ECS has forgotten a run whose end was never told: no good end, unless it is told after all."""
        record.open.pop(task_id, None)
        run = tick.runs.get(task_id)
        if run is None or run.status in (STOPPED, LOST):
            return None
        run.status = LOST
        reason = "ECS no longer knows the task, and nobody has told how it ended"
        self._end(record, tick, run, Verdict(classes.FAILED, None, reason))
        return run

    def take_dead_letter(self, record: JobRecord, tick: Tick, reason: str) -> None:
        """Take it that Scheduler gave a launch up; a run that there is nevertheless speaks for itself."""
        note_tick(record, tick)
        tick.reason = reason
        if tick.runs:
            return
        tick.outcome = classes.NOT_LAUNCHED
        self._alert(record, tick, classes.NOT_LAUNCHED)

    def miss(self, record: JobRecord, tick: Tick) -> None:
        """Take it that nothing came of a tick, unless something has in the meantime."""
        if tick.runs or tick.outcome == classes.NOT_LAUNCHED:
            return
        tick.outcome = classes.MISSED
        self._alert(record, tick, classes.MISSED)

    def looked(self, record: JobRecord, schedule: str) -> None:
        """Take it that the looks have come farther: a good tick that waited for them may end its trouble."""
        good = record.awaited.get(schedule)
        if good is not None and good <= (record.schedule(schedule).checked or ""):
            self._note_good(record, Tick(record.job, schedule, good))

    def overrun(self, record: JobRecord, tick: Tick, task_id: str) -> None:
        """Take it that a run goes on for too long, unless it has ended in the meantime."""
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
        storm.note_good(record, tick, lambda schedule: self._comes_again(record.job, schedule))

    def _comes_again(self, job: str, schedule: str) -> bool:
        facts = self.facts.job(job).schedules.get(schedule)
        if facts is None:
            return False
        times = due.times(facts)
        return next(times.ticks(self.now, anchor=self.now), None) is not None

    def _alert(self, record: JobRecord, tick: Tick, class_: str) -> None:
        storm.raise_alert(record, tick, class_, self.now, self.facts.quiet)


def longest_run(record: JobRecord, facts: JobFacts) -> int | None:
    """Return the seconds after which a run is an overrun; None when there is nothing to compare with."""
    if facts.longest_run is not None:
        return facts.longest_run
    if not record.durations:
        return None
    return max(OVERRUN_FACTOR * max(record.durations), SHORTEST_OVERRUN)


def note_tick(record: JobRecord, tick: Tick) -> None:
    """Remember that something is known of a tick, for the next look."""
    schedule = record.schedule(tick.schedule)
    if tick.tick not in schedule.seen and (schedule.checked is None or tick.tick > schedule.checked):
        schedule.seen = sorted([*schedule.seen, tick.tick])[-_REMEMBERED_TICKS:]


def _keep_newest(runs: dict[str, OpenRun]) -> None:
    while len(runs) > _MOST_OPEN:
        del runs[min(runs, key=lambda name: runs[name].since)]


def duration(run: Run) -> int | None:
    """Return the seconds that a run took, if that is known."""
    if not run.started or not run.stopped:
        return None
    return round((instants.read(run.stopped) - instants.read(run.started)).total_seconds())


def _outcome(tick: Tick) -> str:
    """Return what has become of a tick: good when any run was, else what its latest run came to."""
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
