"""How an event changes the records of its job and its tick. Pure: the caller passes the time and all data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from supervision import flights, progress
from watch import claims, classes, digests, drift, due, instants, invocations, pausing, reports, run_kinds, supervising
from watch.claims_table import KEPT
from watch.news import CLOCKS_DIFFER
from watch.records import JobRecord, Message, OpenRun, Run, Tick, WaitingEvent
from watch.task import Origin, Task, Verdict, judge
from watch.usual import REMEMBERED, limit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supervision.flights import Flight
    from supervision.progress import Ending
    from watch.drift import Sighting
    from watch.facts import Facts
    from watch.invocations import Record
    from watch.ledger import TickKey
    from watch.news import News
    from watch.records import ScheduleRecord
    from watch.stops import AnnouncedStop
    from watch.usual import Limit

_WHILE_IT_RUNS = (classes.OVERRUN, classes.NOT_STARTED, classes.NOT_DONE)
"""Classes of alerts about a run that goes on. Its end is reported too."""

_NEXT = "next"
"""In `Tick.alerted_run`, the run of the attempt that follows the one that was alerted while it went on."""

STOPPED, LOST = "STOPPED", "LOST"
"""A run's status: ECS's own when the task has ended, and ours when ECS no longer knows the task."""

WAITING = timedelta(minutes=15)
"""How long an event waits for its job's item. An update of a stack takes a few minutes."""
LONGEST_WAIT = timedelta(minutes=45)
"""How long an event waits for ECS to describe its task. ECS forgets a stopped task after about an hour."""
_MOST_WAITING = 100
"""Kept events of one job. They must fit into its record of 400 KB (DynamoDB quotas)."""

_MOST_OPEN = 500
"""Open runs of one job that are followed at a time. They must fit into its record of 400 KB (DynamoDB quotas)."""
_REMEMBERED_TICKS = 2000
"""Ticks of one schedule that are remembered between two checks: more than a day of a tick each minute."""


@dataclass(frozen=True)
class Decisions:
    """The decisions of one moment. Each method changes the records that are passed to it."""

    facts: Facts
    now: datetime

    def judge(self, job: str, task: Task, origin: Origin, announced: AnnouncedStop | None = None) -> Verdict:
        """Return the verdict on a job's task that has ended."""
        return judge(task, self._container(job, origin), announced)

    def _container(self, job: str, origin: Origin) -> str:
        return origin.container or self.facts.job(job).container

    def take_task(
        self, record: JobRecord, tick: Tick, task: Task, origin: Origin, announced: AnnouncedStop | None = None
    ) -> Run | None:
        """Record a task's state. Return the run if this state ends it; None otherwise, and for a known state."""
        container = self._container(record.job, origin)
        known = tick.runs.get(task.id)
        if known is not None and not _is_news(known, task):
            return None
        flight = supervising.of_task(record, tick, task)
        if flight is not None:
            supervising.see(flight, task)
        run = tick.runs[task.id] = _run(task, container, known, origin)
        if flight is not None:
            run.attempt, run.attempts = supervising.attempt(flight)
        if tick.counts(run):
            note_tick(record, tick)
        if not task.over:
            since = instants.text(task.started or task.created or self.now)
            record.open[task.id] = OpenRun(task.arn, task.cluster, tick.schedule, tick.tick, since)
            _keep_newest(record.open)
            tick.outcome = classes.RUNNING if tick.counts(run) else tick.outcome
            return None
        record.open.pop(task.id, None)
        self._end(record, tick, run, judge(task, container, announced), flight)
        return run

    def take_record(self, record: JobRecord, tick: Tick, ended: Record) -> Run | None:
        """Record what Lambda tells of an invocation. Return the run if it has ended by that; None otherwise."""
        order, function = tick.orders.get(ended.rerun), self.facts.job(record.job).function
        receiver = order.get("receiver") if order else function and function.receiver
        news = ended.news(of_receiver=bool(receiver))
        return self.take_news(record, tick, news) if news is not None else None

    def take_news(self, record: JobRecord, tick: Tick, news: News) -> Run | None:
        """Record what somebody tells of a launch. Return the run if this ends it; None otherwise, and if it is known.

        What names no launch of this program changes nothing: whoever may invoke the alias, or the watch, chooses what
        is told. ValueError for a run in another place than the tick's.
        """
        known, order = tick.runs.get(run_kinds.id_of(news.run)), tick.orders.get(news.rerun, {})
        places = {*supervising.places(self.facts.job(record.job)), *supervising.places_of(order)}
        if run_kinds.place(news.run) not in places and (known is None or known.task != news.run):
            raise ValueError(f"the job {record.job} has no runs of {run_kinds.place(news.run)}")
        flight = record.traffic.named(flights.name(*tick.key, news.rerun))
        launch = flight.launch if flight is not None else None
        if launch is not None and launch.number == news.launch:
            named = launch.task or news.run
            created = datetime.fromtimestamp(launch.created or launch.decided, self.now.tzinfo)
            task = news.task(named, created, tick.runs.get(run_kinds.id_of(named)))
        elif known.rerun == news.rerun if known else _may_be_unseen(tick, news) or self._has_claimed(tick, news):
            task = news.task(news.run, instants.read_or_none((known and known.created) or ""), known)
        else:
            return None
        run = self.take_task(record, tick, task, Origin(*tick.key, ""))
        if run is not None and run.outcome == classes.GOOD and flight is not None and flight.launch is None:
            record.traffic.end(flight)  # no attempt follows one that was good after all
        return run

    def _has_claimed(self, tick: Tick, news: News) -> bool:
        """Return whether news is of a run that a process has begun by itself. It does not wait for the tick to arrive.

        ValueError for a tick that is not due or too old, and LookupError while the item of the job is unreadable.
        """
        if tick.job in self.facts.unreadable:
            raise LookupError(f"the item of {tick.job} in the ledger is unreadable, so what is told must come again")
        job = self.facts.jobs.get(tick.job)
        limits = job.limits.get(tick.schedule) if job else None
        if limits is None or not limits.in_process or (news.launch, news.rerun) != (1, ""):
            return False
        if instants.read(tick.tick) > self.now + CLOCKS_DIFFER:
            raise ValueError(f"the tick {tick.tick} of {tick.schedule} is not due yet")
        if instants.read(tick.tick) < self.now - KEPT:
            raise ValueError(f"the tick {tick.tick} of {tick.schedule} is older than any claim")
        return True

    def keep_event(self, record: JobRecord, event: Mapping[str, Any]) -> None:
        """Keep an event of a job of which nothing is known, once, however often it is delivered."""
        if all(waiting.event != event for waiting in record.waiting):
            record.waiting = [*record.waiting, WaitingEvent(instants.text(self.now), dict(event))][-_MOST_WAITING:]

    def has_waited(self, record: JobRecord, waiting: WaitingEvent) -> bool:
        """Return whether a kept event must be judged now, whatever is unknown."""
        longest = LONGEST_WAIT if self.facts.knows(record.job) else WAITING
        return instants.read(waiting.since) <= self.now - longest

    def forget_waiting(self, record: JobRecord, judged: Sequence[WaitingEvent]) -> None:
        """Remove kept events that were judged."""
        record.waiting = [waiting for waiting in record.waiting if waiting not in judged]

    def lose_run(
        self,
        record: JobRecord,
        tick: Tick,
        task_id: str,
        announced: AnnouncedStop | None = None,
        verdict: Verdict | None = None,
    ) -> Run | None:
        """Record the end of a run of which nobody tells anything more. A late report of its end corrects it.

        Without a verdict it counts as failed, or as stopped if its stop was announced.
        """
        record.open.pop(task_id, None)
        run = tick.runs.get(task_id)
        if run is None or run.status in (STOPPED, LOST):
            return None
        flight = record.traffic.of_task(run.task)
        stopped = None
        if announced is not None and announced.explains(None):
            stopped = Verdict(classes.STOPPED, None, announced.reason)
        found = stopped or verdict or Verdict(classes.FAILED, None, _why_lost(run, flight))
        run.status = LOST
        self._end(record, tick, run, found, flight)
        return run

    def arrive(self, record: JobRecord, tick: Tick, *, rerun: str = "", insists: bool = False, waits: str = "") -> bool:
        """Record that a tick of a supervised job is due, or that an operator wants it to run.

        A tick of which something is known is not begun again. `waits` is why the tick has come late, if that is known.
        Returns False when too many ticks of the job are in flight, so that the caller must come again. Raises
        LookupError while the item of the job is unreadable.
        """
        facts = self.facts.job(record.job)
        if rerun in tick.orders if rerun else not supervising.is_new(tick):
            return True
        if record.job in self.facts.unreadable:
            raise LookupError(f"the item of {record.job} in the ledger is unreadable, so its ticks must come again")
        limits = facts.limits.get(tick.schedule)
        known = record.job in self.facts.jobs
        if not known and not record.version:
            return True  # nobody ever deployed the job
        refused = supervising.refusal(facts, tick, known=known, by_hand=bool(rerun))
        if refused is not None or limits is None:
            _note_arrival(record, tick, rerun, {})
            self._end_without_run(record, tick, *(refused or supervising.NOT_SUPERVISED), rerun)
            return True
        flight = supervising.flight(facts, tick, limits, self.now, rerun=rerun, insists=insists)
        if len(record.traffic.flights) >= supervising.MOST_FLIGHTS:
            too_late = supervising.seconds(self.now) > flight.launch_by
            if too_late:
                _note_arrival(record, tick, rerun, {})
                self._end_without_run(
                    record, tick, progress.TOO_LATE, "too many ticks of the job were in flight", rerun
                )
            return too_late
        _note_arrival(record, tick, rerun, supervising.order(facts, tick.schedule))
        flight.waits = waits
        record.traffic.flights = [*record.traffic.flights, flight]
        tick.outcome = tick.outcome if rerun else classes.WAITING
        return True

    def withdraw(self, record: JobRecord, tick: Tick, rerun: str, why: str) -> None:
        """Let an operator's run of a tick, or with an empty id the schedule's own one, begin no further attempt.

        The queue may deliver an operator's request after its withdrawal. Then nothing begins.
        """
        flight, reason = record.traffic.named(flights.name(*tick.key, rerun)), progress.withdrawal(why)
        if flight is not None:
            progress.withdraw(flight, reason, supervising.seconds(self.now))
        elif rerun and rerun not in tick.orders:
            _note_arrival(record, tick, rerun, {})
            self._end_without_run(record, tick, progress.SKIPPED, reason, rerun)

    def advance(self, record: JobRecord, ticks: Mapping[TickKey, Tick]) -> None:
        """Take every step of the job's ticks in flight that is due."""
        for ending in supervising.advance(record, self.now, self.facts):
            self.end_flight(record, ticks[ending.flight.key], ending)

    def end_flight(self, record: JobRecord, tick: Tick, ending: Ending) -> None:
        """Record the end of a flight that no run's end brought about."""
        last = tick.runs.get(ending.flight.ran.rpartition("/")[2])
        if ending.outcome != progress.AS_LAST_RUN or last is None:
            self._end_without_run(record, tick, ending.outcome, ending.reason, ending.flight.rerun)
            return
        sent = len(record.outbox)
        tick.outcome = _outcome(tick) if tick.counts(last) else tick.outcome
        if not ending.reason.startswith(progress.WITHDRAWN):
            self._report_end(record, tick, last, last.outcome)
            self._strike(record, tick, sent, last)

    def _end_without_run(self, record: JobRecord, tick: Tick, outcome: str, reason: str, rerun: str) -> None:
        tick.reason = f"the run that an operator asked for: {reason}" if rerun else reason
        if not rerun and not tick.has_run:
            sent, tick.outcome = len(record.outbox), outcome
            if outcome in classes.TROUBLES:
                self._alert(record, tick, outcome)
            self._strike(record, tick, sent)

    def take_dead_letter(self, record: JobRecord, tick: Tick, reason: str) -> None:
        """Record that Scheduler gave up a launch. If the tick has a run all the same, the run decides the outcome."""
        note_tick(record, tick)
        tick.reason = reason
        if tick.has_run:
            return
        sent, tick.outcome = len(record.outbox), classes.NOT_LAUNCHED
        if tick.alert == classes.NOT_DONE and classes.NOT_DONE not in self.facts.quiet:
            record.outbox.append(_closing(tick, classes.NOT_DONE, reason=reason))
        self._alert(record, tick, classes.NOT_LAUNCHED)
        self._strike(record, tick, sent)

    def take_letter_by_hand(self, tick: Tick, rerun: str, reason: str) -> None:
        """Record that Scheduler gave up a launch that an operator asked it for, and waits for.

        That says nothing of the tick itself, so nobody is alerted.
        """
        tick.reason = f"{by_hand_letter(rerun)}{reason}"

    def miss(self, record: JobRecord, tick: Tick) -> None:
        """Record that a tick was missed, unless something has become known of it in the meantime."""
        if not supervising.is_new(tick):
            return
        tick.outcome = classes.MISSED
        self._alert(record, tick, classes.MISSED)

    def looked(self, record: JobRecord, schedule: str) -> None:
        """Record that the checks have advanced. A good tick that waited for them may now end its schedule's trouble."""
        good = record.awaited.get(schedule)
        if good is not None and good <= (record.schedule(schedule).checked or ""):
            digests.end_trouble(record, Tick(record.job, schedule, good), self._comes_again)

    def overrun(self, record: JobRecord, tick: Tick, task_id: str, limit: Limit) -> None:
        """Record that a run takes too long, unless it has ended in the meantime."""
        if task_id in record.open and self._alert_while_it_runs(record, tick, task_id, classes.OVERRUN):
            skipped = supervising.skipped_for(record, tick)
            for message in record.outbox:
                if message.id == "/".join(tick.key) and message.class_ == classes.OVERRUN:
                    message.usual, message.limit = limit.usual, limit.seconds
                    message.reason = skipped

    def pending(self, record: JobRecord, tick: Tick, task: Task) -> None:
        """Record that a task does not start, unless it has ended in the meantime."""
        run = tick.runs.get(task.id)
        if record.traffic.of_task(task.arn) is not None:
            return  # the supervisor stops it at its own limit
        if task.id in record.open and run is not None and task.created is not None:
            minutes = int((self.now - task.created).total_seconds() // 60)
            run.status = task.status
            run.reason = f"the task has been {task.status} for {instants.length(60 * minutes)}"
            self._alert_while_it_runs(record, tick, task.id, classes.NOT_STARTED)

    def late(self, record: JobRecord, tick: Tick, *, expected: bool) -> None:
        """Report a tick whose work is not done in time, unless it is good, or was reported before.

        `expected` is whether the schedule as it is now has the tick. Otherwise only a tick that has a run is reported.
        """
        schedule = record.schedule(tick.schedule)
        schedule.done = max(tick.tick, schedule.done or "")
        told = tick.alert is not None and tick.alert not in self.facts.quiet
        if tick.outcome in (classes.GOOD, classes.SKIPPED) or told or not (expected or tick.has_run):
            return
        if not tick.has_run and tick.outcome == classes.RUNNING:
            tick.outcome = classes.NOT_DONE
        goes_on = [name for name, run in record.open.items() if (run.schedule, run.tick) == tick.key]
        if goes_on:
            self._alert_while_it_runs(record, tick, goes_on[-1], classes.NOT_DONE)
        else:
            self._alert(record, tick, classes.NOT_DONE)

    def _alert_while_it_runs(self, record: JobRecord, tick: Tick, task_id: str, class_: str) -> bool:
        """Report a run that goes on; return whether its tick was not reported before."""
        before = tick.alert
        self._alert(record, tick, class_)
        if tick.alert != before:
            tick.alerted_run = task_id
        return tick.alert != before

    def see_schedule(self, record: JobRecord, name: str, seen: Sighting) -> ScheduleRecord:
        """Record how AWS has a schedule. Report once that it is not as deployed, and once that it is again."""
        schedule = record.schedule(name)
        before = schedule.drift
        seen.note(schedule, self.now)
        found = schedule.drift
        if classes.DRIFTED not in self.facts.quiet:
            if found is not None and not found.alerted and found.since < instants.text(self.now):
                found.alerted = True
                reason = drift.reason(found.what)
                record.outbox.append(self._about_schedule(name, "alert", classes.DRIFTED, reason))
            elif found is None and before is not None and before.alerted:
                reason = "the schedule is as deployed again"
                record.outbox.append(self._about_schedule(name, "recovered", classes.RECOVERED, reason))
        return schedule

    def _about_schedule(self, name: str, kind: str, class_: str, reason: str) -> Message:
        id_ = f"{name}/{instants.text(self.now)}/schedule-{kind}"  # a tick of this time may have a recovery of its own
        return Message(id_, kind, class_, name, "", count=0, reason=reason)

    def _end(self, record: JobRecord, tick: Tick, run: Run, verdict: Verdict, flight: Flight | None) -> None:
        nothing_had_begun = tick.alert == classes.NOT_DONE and not tick.alerted_run
        if (nothing_had_begun or tick.alerted_run == _NEXT) and tick.counts(run):
            tick.alerted_run = _id(run)
        went_on = tick.alert if tick.alert in _WHILE_IT_RUNS and tick.alerted_run == _id(run) else None
        run.outcome, run.exit_code, run.reason = verdict.outcome, verdict.exit_code, verdict.reason
        run.suspects = verdict.suspects
        if flight is not None and supervising.run_ended(record, flight, run, self.now):
            tick.outcome = classes.WAITING if tick.counts(run) else tick.outcome
            tick.alerted_run = _NEXT if went_on else tick.alerted_run
            return
        if tick.counts(run):
            tick.outcome = _outcome(tick)
        sent = len(record.outbox)
        if tick.outcome == classes.GOOD and went_on == classes.NOT_DONE and digests.drop(record, tick):
            went_on = None  # nobody was told
        if verdict.outcome == classes.GOOD:
            seconds = duration(run)
            if seconds is not None and went_on is None:
                record.durations = [*record.durations, seconds][-REMEMBERED:]
            if tick.counts(run):
                digests.note_good(record, tick, self._comes_again)
        elif verdict.outcome != classes.STOPPED or (verdict.by_a_person and self.facts.stops):
            self._report_end(record, tick, run, verdict.outcome)
        if went_on is not None and len(record.outbox) == sent and went_on not in self.facts.quiet:
            record.outbox.append(self._about_end(record, tick, run, went_on))
        self._strike(record, tick, sent, run)

    def _about_end(self, record: JobRecord, tick: Tick, run: Run, went_on: str) -> Message:
        """Return the message about the end of a run that was reported while it went on."""
        message = _closing(tick, went_on, run=_id(run))
        longest = limit(record.durations, self.facts.job(record.job)) if went_on == classes.OVERRUN else None
        if longest is not None:
            message.usual, message.limit = longest.usual, longest.seconds
        return message

    def _report_end(self, record: JobRecord, tick: Tick, run: Run, outcome: str) -> None:
        """Report a run that ended badly. A run of an operator, who waits for it, is reported at once and by itself."""
        if not run.by_hand:
            self._alert(record, tick, outcome)
        elif outcome not in self.facts.quiet:
            name = f"{tick.schedule}/{tick.tick}/{_id(run)}"
            record.outbox.append(Message(name, "alert", outcome, *tick.key, run=_id(run)))

    def _strike(self, record: JobRecord, tick: Tick, sent: int, run: Run | None = None) -> None:
        """Count a tick that went wrong. If that pauses its job, a message about the tick tells of it, and at once.

        `sent` is the number of messages before those about the tick. Runs that an operator started do not count.
        """
        deployed = self.facts.jobs.get(record.job)
        if deployed is None or (run is not None and run.by_hand):
            return
        limit = deployed.pause_after.get(tick.schedule)
        pause = pausing.strike(record, tick, limit, self.now, self.facts.quiet)
        if pause is None:
            return
        digests.tell(record, self.now)
        if len(record.outbox) == sent:  # the tick was reported before, in another way
            closing = _closing(tick, tick.alert or tick.outcome, run=_id(run) if run else "")
            record.outbox.append(replace(closing, id=f"{tick.schedule}/{tick.tick}/paused"))
        record.outbox[-1].paused = pause

    def _comes_again(self, schedule: str) -> bool:
        facts = self.facts.schedule(schedule)
        if facts is None:
            return False
        times = due.times(facts)
        return next(times.ticks(self.now, anchor=self.now), None) is not None

    def _alert(self, record: JobRecord, tick: Tick, class_: str) -> None:
        digests.raise_alert(record, tick, class_, self.now, self.facts.quiet)


def _is_news(known: Run, task: Task) -> bool:
    """Return whether a state of a task follows the one that is known. None follows the end.

    Only of a request that ended badly, since its answer was lost on its way, may who did the work say that it is done.
    """
    done = task.verdict is not None and task.verdict.outcome == classes.GOOD and known.outcome != classes.GOOD
    return known.version < task.version and (known.status != STOPPED or done)


def _why_lost(run: Run, flight: Flight | None) -> str:
    """Return why a run counts as failed of which nobody tells anything more."""
    match run_kinds.kind(run.task):
        case run_kinds.TASK:
            return "ECS no longer knows the task, and no event reported how the run ended"
        case run_kinds.INVOCATION:
            return invocations.lost(run, flight.limits.ends_within if flight else None)
        case run_kinds.WORKER_RUN:
            return claims.NO_CLAIM
        case _:
            return reports.lost(run)


def _may_be_unseen(tick: Tick, news: News) -> bool:
    """Return whether news may be of a run that nobody has seen begin, of a tick that is no longer in flight."""
    runs = [one for one in tick.runs.values() if one.by_hand == bool(news.rerun)]
    return not runs and bool(tick.orders.get(news.rerun))


def by_hand_letter(rerun: str) -> str:
    """Return how the reason of a tick begins of which Scheduler could not launch an operator's run."""
    return f"the run {rerun} that an operator asked Scheduler for: "


def _note_arrival(record: JobRecord, tick: Tick, rerun: str, order: dict[str, Any]) -> None:
    """Record that a tick has arrived, or an operator's request to run it, which says nothing of the tick itself."""
    tick.orders[rerun] = order
    if not rerun:
        note_tick(record, tick)


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
    outcomes = {run.outcome for run in tick.runs.values() if tick.counts(run)}
    if classes.GOOD in outcomes:
        return classes.GOOD
    latest = tick.latest
    return latest.outcome if latest else tick.outcome


def _closing(tick: Tick, class_: str, *, run: str = "", reason: str = "") -> Message:
    """Return the message about the end of a tick's trouble that was reported as `class_` before it ended."""
    name = f"{tick.schedule}/{tick.tick}/ended"
    return Message(name, "ended", class_, *tick.key, count=0, run=run, reason=reason)


def _id(run: Run) -> str:
    return run.task.rpartition("/")[2]


def _run(task: Task, container: str, known: Run | None, origin: Origin) -> Run:
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
        unknown=origin.unknown,
        by_hand=task.by_hand,
        guessed=origin.guessed,
        attempt=known.attempt if known else 0,
        attempts=known.attempts if known else 0,
        rerun=task.rerun if task.launch else "",
        worker=task.worker or (known.worker if known else ""),
    )
