"""Runs a tick again: with RunTask, or through the supervisor of a supervised job."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_facts.universal_target import sends_message
from ops import aws_errors, warn
from ops.errors import OpsError
from ops.running import launch, started
from supervision.flights import Flight, Launch
from supervisor import requests, work_runs
from watch import invocations, launches, supervising
from watch.claims import WorkRun
from watch.names import job_of_schedule
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.operator_account import OperatorAccount
    from ops.running.started import Started
    from ops.stack import Place
    from watch.records import Tick


@dataclass(frozen=True)
class Begun:
    """What was begun: tasks, or a request to the supervisor."""

    tasks: Sequence[Started] = field(default=())
    request: str = ""
    """The id of the request to the supervisor."""

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"tasks": [asdict(one) for one in self.tasks], "request": self.request or None}


@dataclass(frozen=True)
class Direct:
    """A launch with the schedule's own request."""

    account: OperatorAccount
    place: Place
    params: Mapping[str, Any]

    def lines(self) -> list[str]:
        """Return what would run, without the environment's values."""
        command = launch.command(self.params)
        shown = shlex.join(command) if command else "the container's own command"
        return [
            f"  command: {visible(shown)}",
            f"  cluster: {visible(started.last(self.params.get('cluster', 'default')))}",
            f"  task definition: {visible(started.last(self.params['taskDefinition']))}",
        ]

    def start(self) -> Begun:
        """Start the tasks; OpsError when ECS does not."""
        tasks = self.account.run_task(self.params)
        return Begun(tuple(started.look(self.account, self.place, task, self.params) for task in tasks))


@dataclass(frozen=True)
class Supervised:
    """A request to the supervisor, which launches the tick when the job's limits allow it."""

    account: OperatorAccount
    place: Place
    queue_url: str
    message: launches.Message

    def lines(self) -> list[str]:
        """Return who launches the tick, and when."""
        when = "at once, whatever else runs" if self.message.insists else "when overlap and lock allow it"
        return [f"  the supervisor launches it {when}"]

    def start(self) -> Begun:
        """Send the request; OpsError when the queue does not take it."""
        self.account.send(self.queue_url, launches.written(self.message))
        return Begun(request=self.message.rerun)

    def withdraw(self, why: str = "") -> None:
        """Take the request back: what waits does not begin, and what runs is stopped. `why` has also who does it."""
        self.account.send(self.queue_url, launches.written(replace(self.message, withdraws=True, why=why)))

    def shown(self) -> dict[str, Any]:
        """Return the message, and the first request that the supervisor makes of it, as far as that is known.

        If a service decides the revision, the supervisor asks it only then.
        """
        return {"message": json.loads(launches.written(self.message)), "request": self._request()}

    def _request(self) -> dict[str, Any] | None:
        ledger, message = self.account.ledger(self.place).ledger, self.message
        with aws_errors.explained():
            facts = ledger.deployed_job(message.job, partial(warn.of_foreign, "item"))
        if facts is None or facts.supervised is None or message.schedule not in facts.limits:
            return None
        flight = Flight(
            message.schedule,
            message.tick,
            facts.limits[message.schedule],
            arrived=0,
            launch_by=0,
            punctual_until=0,
            rerun=message.rerun,
        )
        if facts.function is not None:
            event = invocations.event(flight, Launch(1, 1, 0), facts.function.callback)
            return {"FunctionName": facts.function.alias, "Payload": event}
        if facts.work is not None:
            run = WorkRun.of(facts.work.arn, flight, one := Launch(1, 1, 0))
            body = work_runs.message(run, flight, one, {"task": facts.work.task})
            return {"QueueUrl": facts.work.url, "MessageBody": body}
        made = requests.of(facts.supervised.requests[message.schedule], flight, Launch(1, 1, 0))
        return launch.shown(launch.named(made, self.account.run_task_shape, message.schedule))


def nonce(tick: Tick) -> str:
    """Return a nonce that is the same until more is known of a tick that is not in flight, so that it begins once.

    A further run makes it another one, and so does a request that the supervisor has ended without a run. Whether the
    tick is in flight must be read after the tick: then a request that has arrived since is seen.
    """
    known = "/".join((*tick.key, *sorted(tick.runs), *sorted(filter(None, tick.orders))))
    return hashlib.sha256(known.encode()).hexdigest()[: launch.NONCE]


def prepare(  # noqa: PLR0913 - the tick and how to run it
    account: OperatorAccount, place: Place, schedule: Mapping[str, Any], tick: str, nonce: str, *, insists: bool
) -> Direct | Supervised:
    """Return how a tick of a schedule of GetSchedule is run again; OpsError when it cannot be.

    The nonce has eight hexadecimal digits. With the same one AWS and the supervisor begin the run once.
    """
    name, target = schedule["Name"], schedule["Target"]
    if not sends_message(target["Arn"]):
        if insists:
            raise not_supervised(name)
        return Direct(account, place, launch.request(schedule, tick, nonce, account.run_task_shape))
    return supervised(account, place, schedule, message(schedule, tick, nonce, insists=insists))


def supervised(
    account: OperatorAccount, place: Place, schedule: Mapping[str, Any], asked: launches.Message
) -> Supervised:
    """Return a request to the supervisor of a schedule of GetSchedule that sends messages."""
    return Supervised(account, place, _queue_url(schedule["Name"], schedule["Target"]), asked)


def check_asked(account: OperatorAccount, place: Place, schedule: Mapping[str, Any]) -> None:
    """Check that somebody can ask for a run of a schedule of GetSchedule that sends messages; OpsError if not.

    A ledger that cannot be read is no reason: the supervisor refuses such a request, too.
    """
    job = job_of_schedule(schedule["Name"])
    try:
        ledger = account.ledger(place).ledger
        with aws_errors.explained():
            facts = ledger.deployed_job(job, partial(warn.of_foreign, "item"))
    except OpsError:
        return
    if facts is not None and facts.in_process is not None:
        raise by_itself(job)


def by_itself(job: str) -> OpsError:
    """Return the error of a command that would run an in-process job."""
    return OpsError(f"{job} cannot be run from here: {supervising.BY_ITSELF}; let the service begin it")


def not_supervised(name: str) -> OpsError:
    """Return the error of --insist for a schedule that no supervisor launches."""
    return OpsError(f"--insist: is for supervised jobs, but {name} is none: Scheduler launches it itself")


def message(schedule: Mapping[str, Any], tick: str, nonce: str, *, insists: bool) -> launches.Message:
    """Return the message by which an operator asks for a tick of a schedule of GetSchedule."""
    name = schedule["Name"]
    return launches.Message(job=job_of_schedule(name), schedule=name, tick=tick, rerun=nonce, insists=insists)


def _queue_url(name: str, target: Mapping[str, Any]) -> str:
    try:
        return str(json.loads(target["Input"])["QueueUrl"])
    except (KeyError, ValueError, TypeError) as error:
        raise OpsError(f"the input of {name} names no queue: {error}") from None
