"""Checks how the latest ticks have ended, as the ledger has them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from doctor.finding import Link, broken, sound
from watch import classes, instants, run_kinds
from watch.due import PRECISION
from watch.facts import GRACE
from watch.names import job_of_schedule
from watch.wording import counted, title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import cadence
    from doctor.finding import Finding
    from watch.records import Tick

_EXAMINED = {
    run_kinds.INVOCATION: "examines its function",
    run_kinds.REQUEST: "examines its function",
    run_kinds.WORKER_RUN: "examines its work queue",
}
"""What the command does about runs that are no tasks, of which no probe can be made."""
_NO_RUN = (classes.MISSED, classes.NOT_LAUNCHED, classes.TOO_LATE)


@dataclass(frozen=True, kw_only=True)
class PastOfSchedule:
    """What the ledger knows of the ticks of a schedule."""

    name: str
    kind: str = run_kinds.TASK
    """What the runs are, as `watch.run_kinds` names them."""
    off: bool
    """Whether config has disabled it, so that its past breaks nothing any more."""
    trouble: str | None
    """The latest tick that was alerted, if no run has been good since then."""
    tick: Tick | None
    """Its record, which the ledger keeps for a while."""
    failures: int
    """How many ticks in a row were alerted."""
    known: bool
    """Whether any tick is known, or runs now."""
    table: cadence.Timetable | None
    """The timetable of a schedule that Scheduler has enabled; None otherwise."""
    changed: datetime | None
    """When the schedule was changed last; None if nobody can see."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """The past of all schedules."""

    options: str
    """The options that name the stack to the operator's commands."""
    schedules: Sequence[PastOfSchedule]
    now: datetime


def check(past: Past) -> Iterator[Finding]:
    """Yield what is found of each schedule's ticks."""
    for one in past.schedules:
        jobs = [job_of_schedule(one.name)]
        if one.trouble is not None and not one.off:
            yield _of_trouble(one, one.trouble, past.options, jobs)
        elif (tick := _unknown_tick(one, past.now)) is not None:
            text = f"a tick was due at {instants.text(tick)}, and the ledger knows none of this schedule"
            fix = f"python -m ops next {past.options} {one.name} shows when it runs; see what is broken before it"
            yield broken("never-ran", Link.RUNS, one.name, text, fix, jobs)
        else:
            yield sound(Link.RUNS, one.name, jobs)


def _of_trouble(one: PastOfSchedule, tick: str, options: str, jobs: Sequence[str]) -> Finding:
    outcome = (one.tick.alert or one.tick.outcome) if one.tick else ""
    run = one.tick.latest if one.tick else None
    said = title(outcome, one.kind) if outcome in classes.BY_NAME else "was alerted"
    if run is not None and run.exit_code is not None:
        said += f" with exit code {run.exit_code}"
    reason = (run.reason if run else one.tick.reason if one.tick else "").strip()
    text = f"the tick {tick} {said}" + (f": {reason}" if reason else "") + _streak(one.failures)
    logs = f"python -m ops logs {options} {one.name} --tick {tick}"
    rerun = f"python -m ops rerun {options} {one.name} --tick {tick}"
    if one.kind == run_kinds.PROCESS_RUN and run is None:
        fix = "see in the log of its service why no process has claimed it; only the service can run it"
        return broken("tick-not-launched", Link.RUNS, one.name, text, fix, jobs)
    if one.kind == run_kinds.PROCESS_RUN:
        fix = f"{logs} shows why; only its service can run it again"
        return broken("run-failed", Link.RUNS, one.name, text, fix, jobs)
    if run is not None and run.suspects:
        text = f"{text}; {run.suspects} probably ended the run"
        fix = f"{logs} --all-containers; the job needs its other essential containers until it ends. Then {rerun}"
        return broken("another-container-ended", Link.RUNS, one.name, text, fix, jobs)
    if outcome in _NO_RUN:
        fix = f"see what is broken before it, then {rerun}"
        return broken("tick-not-launched", Link.RUNS, one.name, text, fix, jobs)
    if outcome == classes.NOT_STARTED:
        probe = _EXAMINED.get(run_kinds.kind(run.task) if run else one.kind, "--probe shows how far a task comes")
        fix = f"python -m ops doctor {options} {jobs[0]} {probe}; then {rerun}"
        return broken("run-not-started", Link.RUNS, one.name, text, fix, jobs)
    return broken("run-failed", Link.RUNS, one.name, text, f"{logs} shows why; then {rerun}", jobs)


def _streak(failures: int) -> str:
    return f"; {counted(failures, 'tick')} in a row" if failures > 1 else ""


def _unknown_tick(one: PastOfSchedule, now: datetime) -> datetime | None:
    """Return a tick that the ledger should know by now, of a schedule of which it knows none."""
    if one.known or one.table is None or one.changed is None:
        return None
    late = timedelta(seconds=GRACE, minutes=one.table.window) + 2 * PRECISION
    tick = one.table.previous(now - late, anchor=one.changed)
    return tick if tick is not None and tick > one.changed + PRECISION else None
