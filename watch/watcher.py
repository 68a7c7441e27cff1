"""The watcher: records events and dead letters in the ledger, and sends the alerts that result."""

from __future__ import annotations

import json
import sys
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from holds.standing import Step
from watch import (
    classes,
    due,
    instants,
    invocations,
    launches,
    measures,
    metrics,
    pausing,
    publishing,
    redaction,
    reports,
    trial,
    untrusted,
    wakes,
)
from watch import task as tasks
from watch.alert import Setting
from watch.changes import Changes
from watch.decisions import Decisions, duration
from watch.names import group_and_job, job_of_schedule, rerun_of_schedule
from watch.records import RecordError
from watch.sending import Sender
from watch.task import Origin, Task
from watch.wakes import Wake, Wakes
from watch.watched_account import NOT_ANSWERED, why

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from aws_facts.arn import Arn
    from watch.changes import Decide
    from watch.claims_table import ClaimsTable
    from watch.facts import Facts, JobFacts
    from watch.ledger import Ledger, TickKey
    from watch.news import News
    from watch.records import JobRecord, Pause, Run, Tick
    from watch.stops import AnnouncedStop
    from watch.watched_account import WatchedAccount

T = TypeVar("T")

_DISABLED_AT_ONCE = 50
"""Schedules of a paused job that are disabled at once; two calls each. The alert waits for them."""
_LAST_RECEIVE = 3
"""The receive at which a dead letter of an unknown job is recorded all the same. It is some minutes after the first."""


@dataclass(frozen=True)
class Watcher:
    """One invocation's view of the stack."""

    facts: Facts
    account: WatchedAccount
    ledger: Ledger
    topic: str
    """The ARN of the topic for alerts."""
    _: KW_ONLY
    where: Arn
    """The function's ARN."""
    clock: Callable[[], datetime]
    wakes: Wakes = field(default_factory=Wakes)
    """Tells the supervisor that a job needs it."""
    tell: Callable[[str], None] | None = None
    """Lets another function send the messages of a job. None: they are sent here."""

    def about(self, job: str) -> Watcher:
        """Return a watcher that knows a job from its item or, after the job's removal, from its record."""
        unreadable: set[str] = set()
        return self._about(job, self.ledger.deployed_job(job, partial(_note_unreadable, unreadable)), unreadable)

    def _about(self, job: str, deployed: JobFacts | None, unreadable: Collection[str]) -> Watcher:
        if deployed is not None:
            return self.knowing({job: deployed}, {})
        removed = self.ledger.load(job)[0].facts
        return self.knowing({}, {job: removed} if removed else {}, unreadable)

    def knowing(
        self, jobs: Mapping[str, JobFacts], removed: Mapping[str, JobFacts], unreadable: Collection[str] = ()
    ) -> Watcher:
        """Return a watcher that knows these jobs."""
        return replace(self, facts=replace(self.facts, jobs=jobs, removed=removed, unreadable=frozenset(unreadable)))

    def decide(self) -> Decisions:
        """Return the decisions of the present moment."""
        return Decisions(self.facts, self.clock())

    def change(self, job: str, ticks: Sequence[TickKey], decide: Decide[T], locks: Sequence[str] = ()) -> T:
        """Let `decide` change records, send the messages that are then due, and return the result of `decide`.

        The job's record keeps the facts that the watch knows of the job. The job's ticks in flight move on, and the
        supervisor is told what that needs of it.
        """
        deployed = self.facts.jobs.get(job)
        known = deployed and deployed.to_remember()

        woken: list[Wake] = []
        measured: list[dict[str, float]] = []

        def noting(record: JobRecord, found: Mapping[TickKey, Tick]) -> T:
            record.facts = known or record.facts
            before, old = wakes.needed(record, self.clock()), measures.before(record, found)
            result = decide(record, found)
            self.decide().advance(record, found)
            woken[:] = wakes.added(before, wakes.needed(record, self.clock()))
            measured[:] = measures.added(old, record, found, self.clock())
            return result

        changes = Changes(self.ledger, self.clock)
        sender = Sender(self.facts, self.account, self.ledger, self.topic, self.where, self.clock)
        saved = changes.make(job, ticks, noting, locks=locks, claims=self.tell is None)
        for values in measured:
            self._measure(job, values)
        self.wakes.send_added(job, woken)
        if self.tell is None:
            self._try_to_pause(job, saved.record.pause)
        if self.tell is not None and saved.record.outbox:
            self._let_tell(job, self.tell)
        claimed = saved.claimed
        while claimed:
            for message in claimed:
                sender.send(job, message, saved.ticks)
            claimed = changes.drop(job, claimed).claimed
        return saved.result

    def pause(self, job: str, pause: Pause) -> None:
        """Store the hold of a pause, once, and disable the job's schedules; raises when AWS does not answer.

        A schedule that is not disabled here is left to the next check, which does what all holds ask for. A hold that
        was stored before may have been ended since, so only that check knows what it asks for.
        """
        is_new = self.account.add_hold(self.facts.group, pausing.hold(job, pause))
        self.change(job, [], lambda record, _: pausing.note_stored(record, pause))
        for name in [*self.facts.job(job).schedules][:_DISABLED_AT_ONCE] if is_new else ():
            self.account.switch(self.facts.group, Step(name, enable=False), self.clock())

    def _try_to_pause(self, job: str, pause: Pause | None) -> None:
        if pause is None or pause.stored:
            return
        try:
            self.pause(job, pause)
        except NOT_ANSWERED as error:  # the next check does it, and the alert must not wait for it
            _say(f"{job}: it was not paused yet: {why(error)}")

    def _let_tell(self, job: str, tell: Callable[[str], None]) -> None:
        try:
            tell(job)
        except NOT_ANSWERED as error:  # the next check sends them, and what the job needs now must not wait for it
            _say(f"{job}: the watch was not told to send its messages: {why(error)}")

    def tell_of(self, job: str) -> None:
        """Send the messages that the supervisor has decided about a job."""
        self.about(job).change(job, [], lambda _record, _ticks: None)

    def send_test(self, job: str, by: str) -> None:
        """Send an alert about a deployed job that is marked as a test; ValueError for another job."""
        facts = self.about(job).facts
        if job not in facts.jobs:
            raise ValueError(f"the job {untrusted.quoted(job)} is not deployed")
        made = trial.compose(job, by, Setting(facts, self.where, self.clock()))
        publishing.publish(self.account.sns, self.topic, made)

    def take_event(self, event: Mapping[str, Any]) -> None:
        """Record a task's change of state from an event's detail.

        An event of an unknown job, or of a task whose tick AWS did not say, is kept for the next checks.
        """
        task = tasks.from_event(event)
        group, job = group_and_job(task.group)
        if group != self.facts.group or not untrusted.is_schedule(job):
            raise ValueError(f"the task group {untrusted.quoted(task.group)} does not belong to {self.facts.group}")
        unreadable: set[str] = set()
        noting = partial(_note_unreadable, unreadable)
        deployed, settled = self.ledger.deployed_job_and_origin(job, task.id, noting)
        watch = self._about(job, deployed, unreadable)
        if not watch._judge(job, task, event, settled, now_or_never=False):  # noqa: SLF001 - a watcher too
            decide = watch.decide()
            watch.change(job, [], lambda record, _: decide.keep_event(record, tasks.kept(event)))

    def judge_event(self, job: str, event: Mapping[str, Any], *, now_or_never: bool) -> bool:
        """Record a task's change of state; return whether no later attempt is needed.

        With `now_or_never` an event is recorded even if nothing is known of the job, and its tick is guessed if AWS
        does not say for which tick the task is.
        """
        task = tasks.from_event(event)
        return self._judge(job, task, event, self.ledger.origin(task.id), now_or_never=now_or_never)

    def _judge(
        self, job: str, task: Task, event: Mapping[str, Any], settled: Origin | None, *, now_or_never: bool
    ) -> bool:
        origin = tasks.checked(settled, job, task.created or self.clock()) if settled else None
        if origin is None:
            try:
                found = tasks.origin(event, job) or self._described_origin(job, task)
            except NOT_ANSWERED as error:
                _say(f"{task.arn}: AWS did not describe the task: {why(error)}")
                if not task.over:
                    return True  # a later event comes
                if not now_or_never:
                    return False
                found = self._guess(job, task)
            if found is None:
                return True
            origin = self.ledger.settle_origin(task.id, _dated(found, task, self.clock()), self.clock())
        if not now_or_never and not self.facts.knows(job):
            return False
        self.take_task(job, task, origin)
        return True

    def take_task(self, job: str, task: Task, origin: Origin) -> None:
        """Record the state of a task whose tick is known."""
        key = origin.schedule, origin.tick
        decide = self.decide()
        bad = task.over and decide.judge(job, task, origin).outcome != classes.GOOD
        stop = self.announced_stop(task.id) if bad else None
        run = self.change(job, [key], lambda record, ticks: decide.take_task(record, ticks[key], task, origin, stop))
        if run is not None:
            self.count_run(job, run)

    def take_record(self, event: Mapping[str, Any]) -> None:
        """Record the end of an invocation; ValueError for the record of a function that runs no job of the group."""
        told = invocations.record(event)
        watch, key = self.about(told.job), (told.schedule, told.tick)
        decide = watch.decide()
        run = watch.change(told.job, [key], lambda record, ticks: decide.take_record(record, ticks[key], told))
        if run is not None:
            watch.count_run(told.job, run)

    def take_report(self, event: Mapping[str, Any]) -> None:
        """Record what a worker, a process or a receiver reports of a run; ValueError for what none of them sends.

        A service may go on with a job that is not, or no longer, deployed. That is nobody's run.
        """
        told = reports.read(event, self.clock())
        job = job_of_schedule(told.schedule)
        watch = self.about(job)
        if not watch.facts.knows(job) and job not in watch.facts.unreadable:
            _say(f"a report of {told.schedule} at {told.tick}: no job of {self.facts.group} has the name {job}")
            return
        watch.take_news(job, told)

    def take_news(self, job: str, told: News) -> None:
        """Record what somebody tells of a launch; ValueError for a run in another place than the job's."""
        decide, key = self.decide(), (told.schedule, told.tick)
        run = self.change(job, [key], lambda record, ticks: decide.take_news(record, ticks[key], told))
        if run is not None:
            self.count_run(job, run)

    @property
    def claims(self) -> ClaimsTable:
        """The claims of the group's runs."""
        return self.account.claims(self.facts.group)

    def announced_stop(self, task_id: str) -> AnnouncedStop | None:
        """Return the stop of a task that an operator has announced; None for none, and for an unreadable one."""
        try:
            return self.ledger.announced_stop(task_id)
        except RecordError as error:
            _say(f"the ledger's stop of the task {task_id}: {error}")
            return None

    def take_dead_letter(self, letter: Mapping[str, Any]) -> None:
        """Record a message of the dead-letter queue; ValueError when the message names no schedule."""
        said = {name: value.get("stringValue", "") for name, value in letter.get("messageAttributes", {}).items()}
        request = _json(letter.get("body", ""))
        message = launches.read_letter(request)
        if message is not None:
            self._take_undelivered(message, _letter_reason(said))
            return
        overrides = _camel(request.get("Overrides", {}))
        named = said.get("SCHEDULE_ARN", "").rpartition("/")[2]
        by_hand = rerun_of_schedule(named)
        if by_hand or not named:
            named = tasks.named_schedule(overrides)
        if not named:
            raise ValueError("the dead letter names no schedule")
        schedule = untrusted.checked_schedule(named)
        job = job_of_schedule(schedule)
        watch = self.about(job)
        received = int(letter["attributes"].get("ApproximateReceiveCount", _LAST_RECEIVE))
        if received < _LAST_RECEIVE and not watch.facts.knows(job):
            raise LookupError(f"{job} has no item in the ledger yet; the queue delivers the dead letter again")
        described = tasks.origin(overrides, job)
        told = instants.read_or_none(said.get("SCHEDULED_TIME", ""))
        by_request = described.tick if described and described.tick else watch.due_tick(schedule, letter)
        key = schedule, by_request if told is None or by_hand else instants.text(told)
        reason = redaction.hidden(_letter_reason(said), redaction.values_of(request, self.facts.secret_names))
        decide = watch.decide()

        def take(record: JobRecord, ticks: Mapping[TickKey, Tick]) -> None:
            if by_hand:
                decide.take_letter_by_hand(ticks[key], by_hand, reason)
            else:
                decide.take_dead_letter(record, ticks[key], reason)

        watch.change(job, [key], take)

    def _take_undelivered(self, message: launches.Message, reason: str) -> None:
        """Take over a message that did not reach the supervisor. A tick still begins until its start deadline."""
        if message.tick and not self.about(message.job).take_due(message, reason):
            raise LookupError(f"{message.job} has too many ticks in flight; {message.tick} must come again")

    def take_due(self, message: launches.Message, reason: str = "") -> bool:
        """Record that a tick of a supervised job is due, or that an operator wants it to run.

        `reason` is why it comes late, if that is known. Returns False when it must come again.
        """
        key, decide = (message.schedule, message.tick), self.decide()
        limits = self.facts.job(message.job).limits.get(message.schedule)

        def arrive(record: JobRecord, ticks: Mapping[TickKey, Tick]) -> bool:
            if message.withdraws:
                decide.withdraw(record, ticks[key], message.rerun, message.why)
                return True
            return decide.arrive(record, ticks[key], rerun=message.rerun, insists=message.insists, waits=reason)

        return self.change(message.job, [key], arrive, [limits.lock] if limits and limits.lock else [])

    def count_run(self, job: str, run: Run) -> None:
        """Write the metrics of an ended run."""
        failed = run.outcome not in (classes.GOOD, classes.STOPPED)
        values: dict[str, float] = {"Runs": 1, "Failures": int(failed)}
        seconds = duration(run)
        if seconds is not None:
            values["Duration"] = seconds
        if run.outcome == classes.TIMED_OUT:
            values[measures.TIMED_OUT_RUNS] = 1
        self._measure(job, values)

    def _measure(self, job: str, values: Mapping[str, float]) -> None:
        metrics.emit(self.clock(), {"Group": self.facts.group, "Job": job}, values, also=["Group"])

    def due_tick(self, schedule: str, letter: Mapping[str, Any]) -> str:
        """Return the likely tick of a dead letter: the latest one that was due when the letter was sent."""
        sent = datetime.fromtimestamp(int(letter["attributes"]["SentTimestamp"]) / 1000, instants.BEGINNING.tzinfo)
        facts = self.facts.schedule(schedule)
        tick = due.times(facts).previous(sent) if facts else None
        return instants.text(tick or sent)

    def _described_origin(self, job: str, task: Task) -> Origin | None:
        """Return the tick that a task is for; None for a task that ECS does not know yet, whose next event tells.

        Raises `NOT_ANSWERED` when ECS does not answer.
        """
        described = self.account.tasks(task.cluster, [task.arn]).get(task.arn)
        if described is not None:
            return tasks.origin(described, job) or Origin(job, "", "")
        return self._guess(job, task) if task.over else None

    def _guess(self, job: str, task: Task) -> Origin:
        """Return the likely tick of a task that ECS does not describe: the latest one that was due at its creation."""
        nearest = due.nearest(self.facts.job(job), task.created or self.clock())
        return Origin(*(nearest or (job, "")), "", guessed=True)


def _dated(origin: Origin, task: Task, now: datetime) -> Origin:
    """Return the origin with the time of the task's creation as its tick, if it has none."""
    return origin if origin.tick else replace(origin, tick=instants.text(task.created or now))


def _letter_reason(said: Mapping[str, str]) -> str:
    code, text = said.get("ERROR_CODE", ""), said.get("ERROR_MESSAGE", "")
    reason = ": ".join(filter(None, (code, text)))
    if said.get("EXHAUSTED_RETRY_CONDITION"):
        retries, condition = said.get("RETRY_ATTEMPTS", "?"), said["EXHAUSTED_RETRY_CONDITION"]
        gave_up = f"Scheduler gave up after {retries} retries: {condition}"
        return f"{reason} ({gave_up})" if reason else gave_up
    return reason


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:  # AWS cuts long bodies off
        return {}
    return value if isinstance(value, dict) else {}


def _camel(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the overrides of a request in the form of a described task, as far as `tasks.origin` reads them."""
    return {
        "overrides": {
            "containerOverrides": [
                {
                    "name": one.get("Name", ""),
                    "environment": [
                        {"name": pair["Name"], "value": pair["Value"]} for pair in one.get("Environment", [])
                    ],
                }
                for one in overrides.get("ContainerOverrides", [])
            ]
        }
    }


def _note_unreadable(names: set[str], job: str, error: RecordError) -> None:
    """Note and write that a job's item is unreadable. The next check reports it."""
    names.add(job)
    _say(f"the ledger's item of {job}: {error}")


def _say(text: str) -> None:
    sys.stdout.write(untrusted.visible(text) + "\n")
