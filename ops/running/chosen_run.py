"""Finds the run whose log an operator wants to see: in the ledger, and among the tasks that go on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ops import aws_errors, known_jobs, warn
from ops.errors import OpsError
from ops.running import going_on, named_log, started
from watch import classes, instants, run_kinds
from watch.records import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ops.known_jobs import KnownJob
    from ops.operator_account import OpenLedger, OperatorAccount
    from ops.running.going_on import Running
    from ops.stack import Place
    from watch.records import Run, Tick

_NAMED = {run_kinds.TASK: "task", run_kinds.INVOCATION: "invocation", run_kinds.REQUEST: "invocation"}
"""What an id is that names a run; the runs of services have ids of their own."""
_NEWEST = 100
"""Ticks of a schedule among which the latest run is looked for."""


@dataclass(frozen=True, kw_only=True)
class ChosenRun:
    """A run, as far as it is known."""

    task: str
    cluster: str
    definition: str
    """`task`, `cluster` and `definition` are ARNs. The definition may be empty."""
    container: str
    """The job's own container; empty if it is not known."""
    log_group: str = ""
    """The log group of a run that is no task; empty if it is not known."""
    schedule: str
    tick: str
    created: str
    outcome: str

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.task.rpartition("/")[2]


def find(  # noqa: PLR0913 - what names a run
    account: OperatorAccount,
    place: Place,
    opened: OpenLedger,
    name: str,
    *,
    task: str | None,
    tick: datetime | None,
) -> ChosenRun:
    """Return the run of this task, or the latest run of a tick, or of a job; OpsError when there is none."""
    known = known_jobs.find(opened.ledger, place, name)
    wanted = None if task is None else task.rpartition("/")[2]
    when = instants.text_or_none(tick)
    with aws_errors.explained():
        recorded = list(_recorded(opened, known, wanted, when))
    found = {run.id: run for run in recorded}
    if (wanted is None or wanted not in found) and known.facts is not None:
        running = going_on.of_known(account, place, known, name)
        found |= {one.id: _of_running(one, known) for one in running}
    chosen = [run for run in found.values() if wanted in (None, run.id) and when in (None, run.tick)]
    if not chosen:
        raise OpsError(_none(known, name, wanted, when))
    return max(chosen, key=lambda run: (run.created, run.task))


def _recorded(opened: OpenLedger, known: KnownJob, task: str | None, tick: str | None) -> Iterator[ChosenRun]:
    """Yield the runs of the ledger that may be meant."""
    for one in _ticks(opened, known, task, tick):
        for run in one.runs.values():
            yield _of_record(one, run, known)


def _ticks(opened: OpenLedger, known: KnownJob, task: str | None, tick: str | None) -> Iterator[Tick]:
    ledger, foreign = opened.ledger, partial(warn.of_foreign, "tick")
    origin = None
    if task is not None:
        try:
            origin = ledger.origin(task)
        except RecordError as error:
            warn.of_foreign("tick", task, error)
    if origin is not None and origin.schedule in known.zones:
        yield from ledger.some_ticks([(origin.schedule, origin.tick)], foreign).values()
    elif tick is not None:
        yield from ledger.some_ticks([(schedule, tick) for schedule in known.zones], foreign).values()
    else:
        for schedule in known.zones:
            yield from ledger.newest_ticks(schedule, _NEWEST, foreign)


def _of_record(tick: Tick, run: Run, known: KnownJob) -> ChosenRun:
    return ChosenRun(
        task=run.task,
        cluster=started.cluster_of(run.task) if run.definition else "",
        log_group=named_log.group_of(known.facts, run.task),
        definition=run.definition,
        container=run.container or (known.facts.container if known.facts else ""),
        schedule=tick.schedule,
        tick=tick.tick,
        created=run.created or "",
        outcome=run.outcome,
    )


def _of_running(one: Running, known: KnownJob) -> ChosenRun:
    return ChosenRun(
        task=one.task,
        cluster=one.cluster,
        definition=one.definition,
        log_group=named_log.group_of(known.facts, one.task),
        container=known.facts.container if known.facts else "",
        schedule=one.schedule,
        tick=one.tick,
        created=one.since or "",
        outcome=classes.RUNNING,
    )


def _none(known: KnownJob, name: str, run: str | None, tick: str | None) -> str:
    if run is not None:
        kind = run_kinds.of(known.facts) if known.facts else run_kinds.TASK
        return f"no run of {name} has the {_NAMED.get(kind, 'id')} {run}"
    if tick is not None:
        return f"no run of {name} is known for the tick {tick}"
    return f"no run of {name} is known"
