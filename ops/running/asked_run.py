"""Follows a run that the supervisor was asked for: what it waits for, the log of each attempt, and its end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from ops import aws_errors
from ops.errors import OpsError
from ops.operator_account import NotStartedError
from ops.running import named_log, started
from ops.running.following import Logs
from ops.running.started import Started
from ops.running.waiting import Ended, Waiting
from report import words
from supervision import flights, waiting
from watch import classes, invocations, run_kinds, task
from watch.records import RecordError, Tick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ops.operator_account import OperatorAccount
    from ops.running.following import Line
    from ops.stack import Place
    from supervision.waiting import Wait
    from watch.launches import Message
    from watch.ledger import Ledger
    from watch.records import JobRecord

T = TypeVar("T")

_EVERY = 2.0
"""Seconds between two looks at the ledger."""
_MOST_FAILURES = 30
"""Failed looks in a row after which the command gives up."""
_WITHDRAWN_WITHIN = 300.0
"""Seconds after the withdrawal of a request within which it must be over."""
NOT_TAKEN_FOR = 900.0
"""Seconds after which a request counts as not taken. The supervisor takes one within seconds, unless it fails."""
_GOES_ON = "nobody can stop its invocation, which goes on; no attempt follows"
"""What becomes of a function when the time limit of the command is over."""
_ASKED = "asked the supervisor"
"""What a request waits for that the supervisor has not taken."""


@dataclass(frozen=True)
class Standing:
    """How far a request is, as the ledger has it."""

    waits: Wait | None
    """What it waits for; None while it has a task, and when nothing is known of it or it is over."""
    tasks: Sequence[str]
    """The ARN of the attempt that ended last, and of the present one, as far as there are such."""
    over: bool
    known: bool
    """Whether the supervisor has taken the request."""


def standing(record: JobRecord, tick: Tick, message: Message) -> Standing:
    """Return how far a request is."""
    flight = record.traffic.named(flights.name(message.schedule, message.tick, message.rerun))
    if flight is None:
        known = message.rerun in tick.orders
        return Standing(None, (), over=known, known=known)
    present = flight.launch.task if flight.launch else ""
    waits = next(iter(waiting.waits([flight])), None)
    return Standing(waits, tuple(filter(None, (flight.ran, present))), over=False, known=True)


class AskedRun:
    """One request. Its time limit counts from the first look."""

    def __init__(
        self,
        account: OperatorAccount,
        place: Place,
        message: Message,
        limit: timedelta | None,
        withdraw: Callable[[], None],
    ) -> None:
        """Prepare to follow a request that was sent. `withdraw` takes it back."""
        self._account, self._place, self._message, self._withdraw = account, place, message, withdraw
        self._ledger: Ledger = account.ledger(place).ledger
        self._began = _now()
        self._until = None if limit is None else self._began + limit.total_seconds()
        self._timed_out = False
        self._failures = 0
        self._last: Ended | None = None
        self.followed: list[Started] = []
        """The attempts whose logs were shown, in order."""
        self.kind = run_kinds.TASK
        """What the runs are, as far as that is known."""

    def to_the_end(self, show: Callable[[Line], None], say: Callable[[str], None]) -> Ended:
        """Show the log of each attempt until no other one follows, and return how the run ended.

        `say` gets what the run waits for, each time that it is something else. OpsError when AWS does not answer for
        long.
        """
        said = ""
        while True:
            record, tick = self._look()
            self.kind = run_kinds.of(record.facts) if record.facts else run_kinds.TASK
            found = standing(record, tick, self._message)
            for arn in self._asked_for(tick) if found.over else found.tasks:
                self._follow(arn, show, say)
            if found.over:
                return self._end(tick)
            if self._timed_out and self.kind in run_kinds.UNSTOPPABLE and found.tasks and found.waits is None:
                return Ended(outcome=classes.RUNNING, exit_code=None, reason=_GOES_ON, timed_out=True)
            if not found.known and _now() - self._began > NOT_TAKEN_FOR:
                raise NotStartedError(not_taken(self._message.rerun))
            if (why := self._why(found)) and why != said:
                say(why)
                said = why
            self._withdraw_if_late()
            _sleep(_EVERY)

    def _look(self) -> tuple[JobRecord, Tick]:
        key = self._message.schedule, self._message.tick

        def load() -> tuple[JobRecord, Tick]:
            with aws_errors.explained():
                record, ticks = self._ledger.load(self._message.job, [key])
            return record, ticks[key]

        try:
            return self._answered(load)
        except RecordError as error:
            raise OpsError(
                f"the ledger's record of {self._message.job} was not written by the watch: {error}"
            ) from error

    def _described(self, arn: str) -> Sequence[Mapping[str, Any]]:
        """Return a task as ECS describes it, as a list of one; none when ECS does not know it."""
        return self._answered(lambda: self._account.tasks(started.cluster_of(arn), [arn]))

    def _answered(self, question: Callable[[], T]) -> T:
        """Return AWS's answer. It may fail for a minute, but not for longer: then the OpsError is raised."""
        while True:
            try:
                answer = question()
            except OpsError:
                self._failures += 1
                if self._failures == _MOST_FAILURES:
                    raise
                _sleep(_EVERY)
            else:
                self._failures = 0
                return answer

    def _why(self, found: Standing) -> str:
        if not found.known:
            return _ASKED
        if found.waits is None:
            return ""
        zone = words.zone_named("UTC").key
        return words.waiting(found.waits, lambda moment: words.wall(moment, zone))

    def _follow(self, arn: str, show: Callable[[Line], None], say: Callable[[str], None]) -> None:
        """Show the log of an attempt to its end, unless it was shown."""
        if any(one.task == arn for one in self.followed):
            return
        if run_kinds.kind(arn) != run_kinds.TASK:
            self._follow_named(arn, show, say)
            return
        described = self._described(arn)
        if not described:
            return
        begun = started.look(self._account, self._place, described[0], described[0])
        self.followed.append(begun)
        say(f"task {started.last(arn)} on cluster {started.last(begun.cluster)}")
        left = None if self._until is None or self._timed_out else timedelta(seconds=max(self._until - _now(), 0))
        origin = task.origin(described[0], self._message.job)
        waits = Waiting(self._account, begun, origin.container if origin else "", left, lambda _: self._withdraw())
        self._last = waits.to_the_end(show)
        self._timed_out = self._timed_out or self._last.timed_out

    def _follow_named(self, name: str, show: Callable[[Line], None], say: Callable[[str], None]) -> None:
        """Show the log of a run that is no task, until the ledger has its end. Without a log its end is waited for."""
        id_ = run_kinds.id_of(name)
        self.followed.append(Started(task=name, cluster="", log=None, watch=""))
        say(f"{run_kinds.kind(name)} {id_} of {_place(name)}")
        record, tick = self._look()
        run, group = tick.runs.get(id_), named_log.group_of(record.facts, name)
        logs = Logs((), self._account.log_events)
        if group:
            logs = named_log.of(self._account, name, group, run.created or "" if run else "")
        else:
            say("its log group is not known, so its log is not shown")
        for lines in logs.follow(lambda: self._has_ended(id_)):
            for line in lines:
                show(line)
            self._withdraw_if_late()
            if self._timed_out and self.kind in run_kinds.UNSTOPPABLE:
                return

    def _has_ended(self, name: str) -> bool:
        run = self._look()[1].runs.get(name)
        return run is None or run.outcome != classes.RUNNING

    def _asked_for(self, tick: Tick) -> Iterator[str]:
        """Yield the tasks of the request, the earliest first. Some may have begun and ended between two looks."""
        shown = {one.task for one in self.followed}
        own = sorted((run for run in tick.runs.values() if run.by_hand), key=lambda run: (run.created or "", run.task))
        for run in own:
            if run.task in shown:
                continue
            if run.rerun == self._message.rerun or (
                run_kinds.kind(run.task) == run_kinds.TASK
                and any(task.from_description(one).rerun == self._message.rerun for one in self._described(run.task))
            ):
                yield run.task

    def _end(self, tick: Tick) -> Ended:
        """Return how the run ended: as the ledger has its last attempt, or why there was none."""
        last = tick.runs.get(started.last(self.followed[-1].task)) if self.followed else None
        if last is not None:
            return Ended(outcome=last.outcome, exit_code=last.exit_code, reason=last.reason, timed_out=self._timed_out)
        return self._last or Ended(
            outcome=classes.NOT_STARTED, exit_code=None, reason=tick.reason, timed_out=self._timed_out
        )

    def _withdraw_if_late(self) -> None:
        if self._until is None or _now() < self._until:
            return
        if not self._timed_out:
            self._timed_out = True
            self._withdraw()
        elif _now() > self._until + _WITHDRAWN_WITHIN:
            raise OpsError("the request was withdrawn, but the supervisor does not end it; its alarms may say why")


def _place(run: str) -> str:
    """Return the name of the function that is invoked, or of the queue that workers take a run of."""
    invocation = invocations.read(run)
    return invocation.function if invocation else run_kinds.place(run).rpartition(":")[2]


def not_taken(request: str) -> str:
    """Return what is said of a request that counts as not taken."""
    minutes = round(NOT_TAKEN_FOR / 60)
    return f"the supervisor has not taken the request {request} in {minutes} minutes, but still may"


def _now() -> float:
    return time.monotonic()


def _sleep(seconds: float) -> None:
    time.sleep(seconds)
