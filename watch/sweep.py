"""The watch's sweep every five minutes. It finds missed ticks, runs whose end was not reported, and overruns."""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from watch import (
    classes,
    digests,
    done_by,
    drift,
    due,
    instants,
    invocations,
    metrics,
    pausing,
    reports,
    run_kinds,
    supervising,
    untrusted,
    wakes,
)
from watch import task as tasks
from watch.families import check, placements_of
from watch.holding import Holding
from watch.launches import Message
from watch.ledger import MOST_TICKS
from watch.names import task_group
from watch.records import JobRecord, ScheduleRecord
from watch.usual import limit
from watch.watched_account import NOT_ANSWERED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from watch.claims import Claim
    from watch.due import Deployed, Judgement
    from watch.facts import JobFacts, ScheduleFacts
    from watch.ledger import TickKey
    from watch.records import OpenRun, Pause, RecordError, Tick
    from watch.task import Verdict
    from watch.watcher import Watcher

SETTLED_AFTER = timedelta(minutes=5)
"""The age from which the sweep asks ECS about a run. A younger run is left to its events, unless its tick is in flight:
others may wait for its end."""


MOST_READ = 300
"""Schedules that one check reads after changes. The checks after it read the others."""


class SweepError(Exception):
    """Some jobs could not be checked; the others were."""


@dataclass
class Counts:
    """The numbers of a sweep's metrics."""

    due: int = 0
    missed: int = 0
    open: int = 0


class Sweep:
    """One pass over the whole stack. An error in one job does not keep the other jobs from being checked."""

    def __init__(self, watch: Watcher) -> None:
        """Read the jobs' items and records from the watcher's ledger."""
        self._failed: list[str] = []
        # Items before records: of a job that has no item, no tick begins that the records do not have yet.
        unreadable: dict[str, RecordError] = {}
        deployed = watch.ledger.deployed_jobs(unreadable.__setitem__)
        for name, error in unreadable.items():
            self._note_unreadable("item", name, error)
        self._records = watch.ledger.jobs(partial(self._note_unreadable, "record"))
        removed = {
            name: record.facts for name, record in self._records.items() if record.facts and name not in deployed
        }
        self._watch = watch.knowing(deployed, removed, unreadable)
        self._facts = self._watch.facts
        self._decide = self._watch.decide()
        self._now = self._decide.now
        self._counts = Counts()
        self._reads = MOST_READ
        self._tasks: dict[tuple[str, str], list[Mapping[str, Any]]] = {}

    def take(self) -> None:
        """Check the whole stack; SweepError at the end when a part of the sweep failed."""
        watch, records = self._watch, self._records
        self._since = watch.ledger.since(self._now)
        for job, record in records.items():
            if record.waiting:
                self._each(job, partial(self._judge_waiting, record))
        self._each("runs", lambda: self._settle_runs(records))
        deployed = self._keep_holds(watch.account.schedules(self._facts.group))
        for job, facts in {**self._facts.removed, **self._facts.jobs}.items():
            record = records.get(job) or JobRecord(job)
            self._each(job, partial(self._look_at, job, facts, record, deployed))
        for job, record in records.items():
            held = self._holding.of(job)
            silent = [one for one in record.trouble if one not in deployed or not (held or deployed[one].enabled)]
            if silent or _has_something_to_tell(record, self._now):
                self._each(job, partial(self._tell, job, silent))
        for job, record in records.items():
            if record.traffic.flights:
                self._each(job, partial(self._move_on, job))
        enabled = {name for name, schedule in deployed.items() if schedule.enabled}
        for placement in placements_of(self._facts, enabled):
            self._each(placement.family, partial(check, watch, placement, records, self._now))
        self._each("holds", self._holding.finish)
        watch.ledger.note_check(
            self._now, supervises=self._supervises(), claims=self._claims(), clusters=self._clusters()
        )
        counts = self._counts
        metrics.emit(
            self._now,
            {"Group": self._facts.group},
            {"DueTicks": counts.due, "MissedTicks": counts.missed, "OpenRuns": counts.open, **self._looks()},
            also=[],
        )
        if self._failed:
            raise SweepError(f"could not check {', '.join(self._failed)}; see the log")

    def _supervises(self) -> bool:
        """Return whether the stack needs its supervisor, for a job or for a tick in flight. What is unreadable may."""
        of_jobs = any(facts.supervised for facts in self._facts.jobs.values())
        return of_jobs or any(one.traffic.flights for one in self._records.values()) or bool(self._failed)

    def _claims(self) -> bool:
        """Return whether the stack needs its claims, for a job, a run that goes on, or a launch that may be taken."""
        records = self._records.values()
        return (
            any(facts.work or facts.in_process for facts in self._facts.jobs.values())
            or any(untrusted.is_claimed_run(run.task) for record in records for run in record.open.values())
            or any(flight.limits.works for record in records for flight in record.traffic.flights)
        )

    def _clusters(self) -> list[str]:
        """Return the clusters of jobs, and of runs that go on."""
        of_jobs = {facts.cluster for facts in self._facts.jobs.values()}
        runs = [run for record in self._records.values() for run in record.open.values()]
        flights = [flight for record in self._records.values() for flight in record.traffic.flights]
        launched = {one.launch.cluster for one in flights if one.launch}
        return sorted({*of_jobs, *(run.cluster for run in runs), *launched} - {""})

    def _keep_holds(self, deployed: Mapping[str, Deployed]) -> Mapping[str, Deployed]:
        """Bring the schedules to what the holds ask for, and return them as they are then.

        The holds of pauses that were only decided are stored before, and pauses that somebody has ended are noted.
        """
        pauses = {job: record.pause for job, record in self._records.items() if record.pause is not None}
        for job, pause in pauses.items():
            if not pause.stored:
                self._each(job, partial(self._watch.pause, job, pause))
        note = partial(self._note_unreadable, "hold")
        self._holding = Holding(self._watch.account, self._facts, self._now, note, self._records, deployed)
        self._each("holds", self._holding.keep)
        for job, pause in pauses.items():
            ended = self._holding.end_of(pause)
            if ended is not None:
                self._each(job, partial(self._lift, job, pause, ended))
        return self._holding.deployed

    def _lift(self, job: str, pause: Pause, ended: str) -> None:
        """Begin the count of ticks that went wrong anew, since somebody has ended a job's pause."""
        self._watch.change(job, [], lambda record, _: pausing.lift(record, pause, ended))

    @cached_property
    def _last_check(self) -> datetime:
        """The time of the check before this one."""
        return self._watch.ledger.last_check() or self._since

    def _looks(self) -> dict[str, float]:
        """Return the metric of a sweep that has checked everything; none after any other sweep."""
        return {} if self._failed else {"Looks": 1}

    def _note_unreadable(self, what: str, job: str, error: Exception) -> None:
        sys.stdout.write(untrusted.logged(f"the ledger's {what} of {untrusted.quoted(job)}: {error}"))
        self._failed.append(untrusted.quoted(job))

    def _each(self, what: str, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception:  # noqa: BLE001 - after any error the other jobs are checked, and the sweep fails at its end
            sys.stdout.write(untrusted.logged(f"{what}: {traceback.format_exc()}"))
            self._failed.append(untrusted.visible(what))

    def _judge_waiting(self, record: JobRecord) -> None:
        """Judge the events that were kept, as far as they can be judged now."""
        judged = [
            waiting
            for waiting in record.waiting
            if self._watch.judge_event(record.job, waiting.event, now_or_never=self._decide.has_waited(record, waiting))
        ]
        if judged:
            self._watch.change(record.job, [], lambda record, _: self._decide.forget_waiting(record, judged))

    def _look_at(self, job: str, facts: JobFacts, record: JobRecord, deployed: Mapping[str, Deployed]) -> None:
        """Take notice of a job's schedules as AWS has them, and judge their due ticks."""
        wanted_ones = facts.schedules if job in self._facts.jobs else {}
        for name in {**wanted_ones, **record.schedules}:
            wanted = wanted_ones.get(name)
            found = deployed.get(name)
            known = self._see(job, name, wanted, record.schedules.get(name) or ScheduleRecord(), found)
            actual = known.facts or wanted
            known = known if actual is None else self._holding.note(self._watch, job, name, known, actual)
            if wanted is not None and found is not None and name in facts.limits:
                known = self._bring_about(job, name, facts, known, found)
            judgement = self._judge(facts, name, actual, known, found)
            if judgement.missed and self._reconcile(job, name, facts, known):
                known = self._watch.ledger.load(job)[0].schedule(name)
                judgement = self._judge(facts, name, actual, known, found)
            if actual is not None and found is not None and name in facts.done_by:
                self._judge_deadlines(job, name, facts, actual, known, found)
            if judgement.checked is None:
                continue
            self._counts.due += judgement.due
            self._note(job, name, judgement, missed=judgement.missed)

    def _see(
        self, job: str, name: str, wanted: ScheduleFacts | None, known: ScheduleRecord, found: Deployed | None
    ) -> ScheduleRecord:
        """Return the record of a schedule as AWS has it. A schedule is read when AWS says that it was changed."""
        actual, paused, is_new = None, known.paused, found is not None and drift.is_new(known, found)
        if (is_new and not self._reads) or ((is_new or paused) and not self._holding.is_known):
            return known  # the next check reads it
        if is_new:
            self._reads -= 1
            described = self._watch.account.schedule(self._facts.group, name)
            actual, paused = drift.read(described), drift.is_paused(described)
        last_there = self._last_check if found is None else self._now
        seen = drift.Sighting(wanted, found, actual, paused, bool(self._holding.of(job)), last_there)
        noted = replace(known, past=[*known.past])
        seen.note(noted, self._now)
        if noted == known and not (known.drift and not known.drift.alerted):
            return known
        return self._watch.change(job, [], lambda record, _: self._decide.see_schedule(record, name, seen))

    def _judge_deadlines(  # noqa: PLR0913, PLR0917 - a schedule as all sides know it
        self, job: str, name: str, facts: JobFacts, actual: ScheduleFacts, known: ScheduleRecord, found: Deployed
    ) -> None:
        """Report ticks whose work is not done in time. The ticks before a change of the schedule may be other ones."""
        judged = instants.read(known.done) if known.done else None
        expected_from = max(self._since, found.changed + due.PRECISION)
        ticks = done_by.passed(facts.done_by[name], actual, judged, self._now)[-MOST_TICKS:]
        if not ticks:
            return
        expected = {instants.text(tick): found.enabled and tick > expected_from for tick in ticks}

        if any(is_due and text not in known.seen for text, is_due in expected.items()):
            self._reconcile(job, name, facts, known)  # events may have been lost

        def decide(record: JobRecord, read: Mapping[TickKey, Tick]) -> None:
            for (_, text), tick in read.items():
                self._decide.late(record, tick, expected=expected[text])

        self._watch.change(job, [(name, text) for text in expected], decide)

    def _note(self, job: str, schedule: str, judgement: Judgement, *, missed: tuple[str, ...]) -> None:
        """Record the judgement and report missed ticks. Many missed ticks are split into several changes."""
        for first in range(0, max(len(missed), 1), MOST_TICKS):
            some = missed[first : first + MOST_TICKS]
            last = judgement.checked if first + MOST_TICKS >= len(missed) else some[-1]
            self._watch.change(
                job,
                [(schedule, tick) for tick in some],
                partial(self._settle, schedule, last or ""),
            )

    def _settle(self, schedule: str, checked: str, record: JobRecord, ticks: Mapping[TickKey, Tick]) -> None:
        for tick in ticks.values():
            before = tick.alert
            self._decide.miss(record, tick)
            self._counts.missed += tick.alert == classes.MISSED and before is None
        due.settle(record.schedule(schedule), checked)
        self._decide.looked(record, schedule)

    def _judge(
        self,
        job: JobFacts,
        name: str,
        facts: ScheduleFacts | None,
        record: ScheduleRecord,
        deployed: Deployed | None,
    ) -> Judgement:
        limits = job.limits.get(name)
        grace = max(self._facts.grace, limits.start_deadline if limits else 0)
        return due.judge(facts, record, deployed, since=self._since, now=self._now, grace=grace)

    def _bring_about(
        self, job: str, name: str, facts: JobFacts, known: ScheduleRecord, found: Deployed
    ) -> ScheduleRecord:
        """Let ticks of a supervised job begin whose messages did not come. Return the schedule's record."""
        limits = facts.limits.get(name)
        ticks = (
            supervising.absent(facts.schedules[name], limits, known, found, self._since, self._now) if limits else []
        )
        for tick in ticks[-MOST_TICKS:]:
            self._watch.take_due(Message(job=job, schedule=name, tick=tick), "its message did not come")
        return self._watch.ledger.load(job)[0].schedule(name) if ticks else known

    def _reconcile(self, job: str, schedule: str, facts: JobFacts, known: ScheduleRecord) -> bool:
        """Ask ECS for unknown tasks before a tick counts as missed, because events may have been lost.

        Records these tasks. Returns whether there were any.
        """
        found = False
        for described in self._tasks_of(facts) if facts.cluster else ():
            if described.get("group") != task_group(self._facts.group, job):
                continue
            settled = self._watch.ledger.origin(described["taskArn"].rpartition("/")[2])
            origin = settled or tasks.origin(described, job)
            if origin is None or origin.unknown or origin.schedule != schedule or origin.tick in known.seen:
                continue
            if origin.tick > (known.checked or instants.text(self._since)):
                self._watch.take_task(job, tasks.from_description(described), origin)
                found = True
        return found

    def _tasks_of(self, facts: JobFacts) -> list[Mapping[str, Any]]:
        """Return the tasks of a job's family. ECS is asked once per sweep."""
        key = facts.cluster, facts.task_definition.partition(":")[0]
        if key not in self._tasks:
            self._tasks[key] = list(self._watch.account.tasks_of(*key))
        return self._tasks[key]

    def _settle_runs(self, records: Mapping[str, JobRecord]) -> None:
        """Ask ECS about open runs. The end of a run may not have been reported, or a run may take too long."""
        opened = [(job, run) for job, record in records.items() for run in record.open.values()]
        self._counts.open = len(opened)
        for job, run in opened:
            match run_kinds.kind(run.task):
                case run_kinds.INVOCATION:
                    self._each(job, partial(self._settle_invocation, job, run, records[job]))
                case run_kinds.WORKER_RUN:
                    self._each(job, partial(self._settle_work, job, run, records[job]))
                case run_kinds.PROCESS_RUN:
                    self._each(job, partial(self._settle_process_run, job, run, records[job]))
        old = [
            (job, run)
            for job, run in opened
            if run.cluster
            and (instants.read(run.since) <= self._now - SETTLED_AFTER or records[job].traffic.of_task(run.task))
        ]
        for cluster in sorted({run.cluster for _, run in old}):
            here = [(job, run) for job, run in old if run.cluster == cluster]
            self._each(cluster, partial(self._settle_cluster, cluster, here, records))

    def _settle_invocation(self, job: str, run: OpenRun, record: JobRecord) -> None:
        """Give up a run that must have ended, and report one that takes too long. Nobody can ask Lambda about it."""
        flight, since = record.traffic.of_task(run.task), instants.read(run.since)
        within = (flight and flight.limits.ends_within) or self._longest_invocation(job, run)
        if self._now - since >= timedelta(seconds=within):
            self._lose(job, run)
        else:
            self._judge_length(job, run, record, since)

    def _longest_invocation(self, job: str, run: OpenRun) -> int:
        """Return the seconds after which an invocation has ended of a tick that is no longer in flight."""
        limits = self._facts.job(job).limits.get(run.schedule)
        return max(invocations.LONGEST, (limits and limits.ends_within) or 0)

    def _settle_work(self, job: str, run: OpenRun, record: JobRecord) -> None:
        """Ask the claim how a run is that a worker takes. The supervisor withdraws one that nobody takes in time."""
        claim = self._claim_of(lambda: self._watch.claims.settled(run.task, self._now))
        if claim is None:
            if not supervising.may_be_queued(record, run.task, self._now):
                self._lose(job, run)
            return
        if claim.over or not supervising.is_seen_to_run(record, run.task):
            self._watch.take_news(job, claim.news(self._now))
        if not claim.over:
            self._judge_length(job, run, record, claim.started or instants.read(run.since))

    def _settle_process_run(self, job: str, run: OpenRun, record: JobRecord) -> None:
        """Ask the claim how a run is that a process has begun by itself. A process may keep its claims elsewhere.

        A run whose process is lost keeps its claim: another process may take it over, and report how it ended.
        """
        claim, since = self._claim_of(lambda: self._watch.claims.find(run.task)), instants.read(run.since)
        if claim is not None and claim.over:
            self._watch.take_news(job, claim.news(self._now))
        elif claim is not None and claim.is_silent(self._now):
            self._lose(job, run, claim.silence)
        elif claim is None and self._now - since >= reports.LONGEST:
            self._lose(job, run)
        else:
            self._judge_length(job, run, record, since)

    def _claim_of(self, find: Callable[[], Claim | None]) -> Claim | None:
        """Return the claim of a run. Without any job whose runs are claimed, the watch may not read the claims."""
        try:
            return find()
        except NOT_ANSWERED:
            if any(job.work or job.in_process for job in self._facts.jobs.values()):
                raise
            return None

    def _settle_cluster(self, cluster: str, runs: list[tuple[str, OpenRun]], records: Mapping[str, JobRecord]) -> None:
        try:
            found = self._watch.account.tasks(cluster, [run.task for _, run in runs])
        except NOT_ANSWERED:
            if any(job.cluster == cluster for job in self._facts.jobs.values()):
                raise
            found = dict.fromkeys((run.task for _, run in runs), None)  # no job uses the cluster, so access is denied
        for job, run in runs:
            if run.task in found:
                self._each(job, partial(self._settle_run, job, run, records[job], found[run.task]))

    def _settle_run(self, job: str, run: OpenRun, record: JobRecord, described: Mapping[str, Any] | None) -> None:
        key = run.schedule, run.tick
        task_id = run.task.rpartition("/")[2]
        if described is None and not supervising.may_be_lost(record, task_id, self._now):
            return
        if described is None:
            self._lose(job, run)
            return
        task = tasks.from_description(described)
        if task.over or supervising.is_news(record, task):
            settled = self._watch.ledger.origin(task_id) or tasks.Origin(*key, "")
            self._watch.take_task(job, task, tasks.checked(settled, job, task.created or self._now))
        if task.over:
            return
        if supervising.was_not_seen_to_start(record, task):
            self._watch.take_task(job, task, tasks.Origin(*key, ""))  # the event was lost, and a limit counts from it
        if task.started is not None:
            self._judge_length(job, run, record, task.started)
        elif task.created is not None and self._now - task.created >= timedelta(seconds=self._facts.pending):
            self._watch.change(job, [key], lambda record, ticks: self._decide.pending(record, ticks[key], task))

    def _lose(self, job: str, run: OpenRun, verdict: Verdict | None = None) -> None:
        """Give up a run of which nobody tells anything more. Without a verdict it counts as failed."""
        key, name = (run.schedule, run.tick), run_kinds.id_of(run.task)
        stop = self._watch.announced_stop(name)
        lost = self._watch.change(
            job, [key], lambda known, ticks: self._decide.lose_run(known, ticks[key], name, stop, verdict)
        )
        if lost is not None:
            self._watch.count_run(job, lost)

    def _judge_length(self, job: str, run: OpenRun, record: JobRecord, since: datetime) -> None:
        """Report a run that takes too long, unless it is stopped at a time limit."""
        facts, key, name = self._facts.job(job), (run.schedule, run.tick), run_kinds.id_of(run.task)
        longest = None if supervising.is_limited(record, run.task, facts) else limit(record.durations, facts)
        if longest is not None and self._now - since > timedelta(seconds=longest.seconds):
            self._watch.change(job, [key], lambda known, ticks: self._decide.overrun(known, ticks[key], name, longest))

    def _move_on(self, job: str) -> None:
        """Take the steps of a job's ticks in flight that are due, and wake the supervisor for those that are near."""
        needed = self._watch.change(job, [], lambda record, _: wakes.needed(record, self._now))
        self._watch.wakes.send(needed, within=wakes.AHEAD)

    def _tell(self, job: str, silent: list[str]) -> None:
        """Send a due digest and the messages that a killed invocation left; forget schedules that are switched off."""

        def tell(record: JobRecord, _: object) -> None:
            digests.tell_if_due(record, self._now)
            digests.forget(record, silent, self._now)

        self._watch.change(job, [], tell)


def _has_something_to_tell(record: JobRecord, now: datetime) -> bool:
    storm = record.storm
    loud = storm is not None and storm.quiet_until <= instants.text(now) and (storm.count or not record.trouble)
    return bool(record.outbox or loud)
