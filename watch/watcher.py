"""The watcher: records events and dead letters in the ledger, and sends the alerts that result."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from watch import classes, due, instants, metrics, redaction, untrusted
from watch import task as tasks
from watch.changes import Changes
from watch.decisions import Decisions, duration
from watch.names import group_and_job, job_of_schedule
from watch.sending import Sender
from watch.task import Origin, Task
from watch.watched_account import NOT_ANSWERED, why

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aws_facts.arn import Arn
    from watch.changes import Decide
    from watch.facts import Facts
    from watch.ledger import Ledger, TickKey
    from watch.records import Run
    from watch.watched_account import WatchedAccount

T = TypeVar("T")

_ROLE_OF_A_LETTER = (
    "the launch role may lack a permission, or something that the schedule names, such as its cluster, "
    "may no longer exist"
)


class Watcher:
    """One invocation's view of the stack."""

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        facts: Facts,
        account: WatchedAccount,
        ledger: Ledger,
        topic: str,
        *,
        where: Arn,
        clock: Callable[[], datetime],
    ) -> None:
        """Use these facts, account and ledger, and publish alerts to `topic`, an ARN."""
        self.facts = facts
        self.account = account
        self.ledger = ledger
        self.clock = clock
        self._changes = Changes(ledger, clock)
        self._sender = Sender(facts, account, ledger, topic, where, clock)

    def decide(self) -> Decisions:
        """Return the decisions of the present moment."""
        return Decisions(self.facts, self.clock())

    def change(self, job: str, ticks: Sequence[TickKey], decide: Decide[T]) -> T:
        """Let `decide` change records, send the messages that are then due, and return the result of `decide`."""
        saved = self._changes.make(job, ticks, decide)
        claimed = saved.claimed
        while claimed:
            for message in claimed:
                self._sender.send(job, message, saved.ticks)
            claimed = self._changes.drop(job, claimed).claimed
        return saved.result

    def take_event(self, event: Mapping[str, Any]) -> None:
        """Record a task's change of state, as a job's rule passes it on."""
        task = tasks.from_event(event)
        group, job = group_and_job(task.group)
        if group != self.facts.group or not untrusted.is_schedule(job):
            raise ValueError(f"the task group {untrusted.quoted(task.group)} does not belong to {self.facts.group}")
        settled = self.ledger.origin(task.id)
        origin = tasks.checked(settled, job, task.created or self.clock()) if settled else self._find_origin(job, task)
        if origin is not None:
            self.take_task(job, task, origin)

    def take_task(self, job: str, task: Task, origin: Origin) -> None:
        """Record the state of a task whose tick is known."""
        key = origin.schedule, origin.tick
        container = origin.container or self.facts.job(job).container
        decide = self.decide()
        run = self.change(
            job, [key], lambda record, ticks: decide.take_task(record, ticks[key], task, container, origin.unknown)
        )
        if run is not None:
            self.count_run(job, run)

    def take_dead_letter(self, letter: Mapping[str, Any]) -> None:
        """Record a message of the dead-letter queue; ValueError when the message names no schedule."""
        said = {name: value.get("stringValue", "") for name, value in letter.get("messageAttributes", {}).items()}
        request = _json(letter.get("body", ""))
        overrides = _camel(request.get("Overrides", {}))
        named = said.get("SCHEDULE_ARN", "").rpartition("/")[2] or tasks.named_schedule(overrides)
        if not named:
            raise ValueError("the dead letter names no schedule")
        schedule = untrusted.checked_schedule(named)
        job = job_of_schedule(schedule)
        described = tasks.origin(overrides, job)
        told = instants.read_or_none(said.get("SCHEDULED_TIME", ""))
        by_request = described.tick if described and described.tick else self._due_tick(schedule, letter)
        key = schedule, by_request if told is None else instants.text(told)
        reason = redaction.hidden(
            _letter_reason(said), redaction.values_of({"Overrides": request.get("Overrides", {})})
        )
        decide = self.decide()
        self.change(job, [key], lambda record, ticks: decide.take_dead_letter(record, ticks[key], reason))

    def count_run(self, job: str, run: Run) -> None:
        """Write the metrics of an ended run."""
        failed = run.outcome not in (classes.GOOD, classes.STOPPED)
        values: dict[str, float] = {"Runs": 1, "Failures": int(failed)}
        seconds = duration(run)
        if seconds is not None:
            values["Duration"] = seconds
        metrics.emit(self.clock(), {"Group": self.facts.group, "Job": job}, values, also=["Group"])

    def _find_origin(self, job: str, task: Task) -> Origin | None:
        """Return the tick that a task is for, and settle it; None when that can wait for the task's next event."""
        now = self.clock()
        try:
            described = self.account.tasks(task.cluster, [task.arn]).get(task.arn)
        except NOT_ANSWERED as error:
            _say(f"{task.arn}: AWS did not describe the task: {why(error)}")
            described = None
        if described is None and not task.over:  # DescribeTasks may not know the task yet; the next event settles it
            return None
        created = task.created or now
        found = tasks.origin(described, job) if described else None
        if found is not None and found.unknown:
            found = replace(found, tick=instants.text(created))
        if found is None:
            nearest = None if described else due.nearest(self.facts.job(job), created)
            schedule, tick = nearest or (job, instants.text(created))
            found = Origin(schedule, tick, "")
        return self.ledger.settle_origin(task.id, found, now)

    def _due_tick(self, schedule: str, letter: Mapping[str, Any]) -> str:
        """Return the likely tick of a dead letter: the latest one that was due when the letter was sent."""
        sent = datetime.fromtimestamp(int(letter["attributes"]["SentTimestamp"]) / 1000, instants.BEGINNING.tzinfo)
        facts = self.facts.job(job_of_schedule(schedule)).schedules.get(schedule)
        tick = due.times(facts).previous(sent) if facts else None
        return instants.text(tick or sent)


def _letter_reason(said: Mapping[str, str]) -> str:
    code, text = said.get("ERROR_CODE", ""), said.get("ERROR_MESSAGE", "")
    reason = ": ".join(filter(None, (code, text))) or _ROLE_OF_A_LETTER
    if said.get("EXHAUSTED_RETRY_CONDITION"):
        retries, condition = said.get("RETRY_ATTEMPTS", "?"), said["EXHAUSTED_RETRY_CONDITION"]
        reason += f" (Scheduler gave up after {retries} retries: {condition})"
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


def _say(text: str) -> None:
    sys.stdout.write(untrusted.visible(text) + "\n")
