"""The runs of a backfill that go on, and how they end: by ECS, or by the ledger for those of a supervisor."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ops import aws_errors, warn
from ops.errors import OpsError
from ops.running import asked_run, started
from watch import classes, task
from watch.records import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ops.operator_account import OperatorAccount
    from watch.ledger import Ledger, TickKey
    from watch.records import JobRecord, Tick

_UNKNOWN_FOR = 60.0
"""Seconds in which ECS may not describe a new task yet: it is eventually consistent (ECS API reference, RunTask)."""


def _now() -> float:
    return time.monotonic()


@dataclass(frozen=True, kw_only=True)
class End:
    """How a tick of a backfill ended."""

    outcome: str
    exit_code: int | None = None
    reason: str = ""

    @property
    def is_good(self) -> bool:
        """Whether its run did its work."""
        return self.outcome == classes.GOOD

    def to_plain(self) -> dict[str, Any]:
        """Return the end as JSON values."""
        return {"outcome": self.outcome, "exitCode": self.exit_code, "reason": self.reason or None}


@dataclass(kw_only=True)
class Tasks:
    """The tasks of a tick that this command or another one has started."""

    cluster: str
    arns: Sequence[str]
    container: str
    """The container whose exit code counts."""
    ends: dict[str, End] = field(default_factory=dict)
    """By ARN, those that have ended."""
    began: float = field(default_factory=_now)
    seen: bool = False
    """Whether ECS has described one of them."""

    def to_plain(self) -> dict[str, Any]:
        """Return the tasks as JSON values."""
        return {"tasks": list(self.arns), "request": None}

    @property
    def end(self) -> End | None:
        """The end of the tick, when all have ended: of the first one that was not good."""
        if len(self.ends) < len(self.arns):
            return None
        return min(self.ends.values(), key=lambda one: one.is_good)


@dataclass(kw_only=True)
class Request:
    """A request to the supervisor, or a tick that it has in flight without one."""

    id: str
    """Empty for the schedule's own run."""
    before: frozenset[str]
    """The ids of the tick's runs that are not the request's."""
    sent: float = field(default_factory=_now)

    def to_plain(self) -> dict[str, Any]:
        """Return the request as JSON values."""
        return {"tasks": [], "request": self.id or None}


Flying = Tasks | Request


def goes_on(recorded: Tick, record: JobRecord) -> Flying:
    """Return what goes on of a tick."""
    for flight in record.traffic.flights:
        if flight.key == recorded.key:
            others = frozenset(name for name, run in recorded.runs.items() if run.by_hand != bool(flight.rerun))
            return Request(id=flight.rerun, before=others)
    runs = [run for run in recorded.runs.values() if run.outcome == classes.RUNNING]
    return Tasks(cluster=started.cluster_of(runs[0].task), arns=[run.task for run in runs], container=runs[0].container)


@dataclass(frozen=True)
class Observer:
    """Looks how the ticks of a schedule get on."""

    account: OperatorAccount
    ledger: Ledger
    job: str
    schedule: str

    def ended(self, flying: Mapping[str, Flying]) -> dict[str, End]:
        """Return those of these ticks that have ended; OpsError when AWS does not answer."""
        tasks = {tick: one for tick, one in flying.items() if isinstance(one, Tasks)}
        requests = {tick: one for tick, one in flying.items() if isinstance(one, Request)}
        self._look_at(tasks)
        ends = {tick: one.end for tick, one in tasks.items()}
        return {
            **{tick: end for tick, end in ends.items() if end is not None},
            **(dict(self._ended_requests(requests)) if requests else {}),
        }

    def ticks(self, ticks: Sequence[str]) -> dict[str, Tick]:
        """Return what the ledger has of some ticks."""
        keys: list[TickKey] = [(self.schedule, tick) for tick in ticks]
        with aws_errors.explained():
            found = self.ledger.some_ticks(keys, partial(warn.of_foreign, "tick"))
        return {tick: one for (_, tick), one in found.items()}

    def record(self, lock: str = "") -> JobRecord:
        """Return the job's record, with a lock; OpsError for a record that somebody else wrote."""
        with aws_errors.explained():
            try:
                return self.ledger.load(self.job, locks=[lock] if lock else ())[0]
            except RecordError as error:
                said = f"the ledger's record of {self.job} was not written by the watch"
                raise OpsError(f"{said}: {error}") from error

    def _look_at(self, tasks: Mapping[str, Tasks]) -> None:
        """Note the tasks that have ended."""
        for cluster in {one.cluster for one in tasks.values()}:
            there = {tick: one for tick, one in tasks.items() if one.cluster == cluster}
            arns = [arn for one in there.values() for arn in one.arns if arn not in one.ends]
            described = {one["taskArn"]: one for one in self.account.tasks(cluster, arns)}
            for tick, one in there.items():
                self._note(tick, one, described)

    def _note(self, tick: str, tasks: Tasks, described: Mapping[str, Mapping[str, Any]]) -> None:
        for arn in tasks.arns:
            found = described.get(arn)
            if arn in tasks.ends:
                continue
            if found is None:
                if tasks.seen or _now() - tasks.began > _UNKNOWN_FOR:
                    tasks.ends[arn] = self._by_the_ledger(tick, arn)
                continue
            tasks.seen = True
            if found["lastStatus"] == "STOPPED":
                verdict = task.judge(task.from_description(found), tasks.container)
                tasks.ends[arn] = End(outcome=verdict.outcome, exit_code=verdict.exit_code, reason=verdict.reason)

    def _by_the_ledger(self, tick: str, arn: str) -> End:
        """Return the end of a task that ECS does not know, which it forgets after an hour."""
        recorded = self.ticks([tick]).get(tick)
        run = recorded.runs.get(arn.rpartition("/")[2]) if recorded else None
        if run is None or run.outcome == classes.RUNNING:
            return End(outcome=classes.FAILED, reason=f"ECS does not know the task {arn}; how it ended is not known")
        return End(outcome=run.outcome, exit_code=run.exit_code, reason=run.reason)

    def _ended_requests(self, requests: Mapping[str, Request]) -> Iterator[tuple[str, End]]:
        """Yield the ends of requests.

        A request that has arrived stands in its tick for good, and is over when it is not in flight after that. So the
        tick is read, then the record, and then the tick again, which now has the request's runs.
        """
        ticks = self.ticks(list(requests))
        flying = {(one.tick, one.rerun) for one in self.record().traffic.flights if one.schedule == self.schedule}
        over = []
        for tick, request in requests.items():
            if tick in ticks and request.id in ticks[tick].orders:
                over += [] if (tick, request.id) in flying else [tick]
            elif _now() - request.sent > asked_run.NOT_TAKEN_FOR:
                yield tick, End(outcome=classes.NOT_LAUNCHED, reason=asked_run.not_taken(request.id))
        now = self.ticks(over) if over else {}
        for tick in over:
            yield tick, end_of(now[tick], requests[tick])


def end_of(recorded: Tick, request: Request) -> End:
    """Return the end of a request that is not in flight any more."""
    runs = [run for name, run in recorded.runs.items() if name not in request.before]
    if not runs:
        outcome = classes.NOT_LAUNCHED if request.id else recorded.outcome
        return End(outcome=outcome, reason=recorded.reason)
    last = max(runs, key=lambda run: (run.outcome == classes.GOOD, run.created or "", run.task))
    return End(outcome=last.outcome, exit_code=last.exit_code, reason=last.reason)
