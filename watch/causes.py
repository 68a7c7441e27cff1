"""The likely cause of an alert, and whether it helps to run the tick again before anything is fixed. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aws_facts import stop_codes
from watch import classes, clues, instants, run_kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watch.clues import Cause, Clue
    from watch.records import Run


_ENDS = (classes.FAILED, classes.NOT_STARTED, classes.INTERRUPTED, classes.TIMED_OUT, classes.STOPPED)
"""Classes of a run that has ended."""
_BEGAN_LATE = timedelta(minutes=5)
"""A task starts within a few minutes, so what starts later began late."""


def of(  # noqa: PLR0913, PLR0917 - all that a cause may show in
    class_: str,
    run: Run | None,
    reason: str,
    lines: Sequence[str],
    tick: str,
    limit: str = clues.NO_LIMIT,
    kind: str = run_kinds.TASK,
) -> Cause:
    """Return the likely cause of an alert; `reason` is AWS's, and `lines` are the last ones of the run's log.

    `tick` is empty for an alert that is about no tick. `limit` says in words when a run that goes on is stopped, and
    `kind` what the runs of the job are.
    """
    match class_:
        case _ if class_ in _ENDS:
            return _of_end(class_, run, reason, lines, kind)
        case classes.NOT_LAUNCHED | classes.TOO_LATE:
            tables = clues.OF_LAUNCH if kind == run_kinds.TASK else clues.OF_HANDING_OVER
            return _told(tables[class_], reason) or _usual(kind, class_)
        case classes.WILL_NOT_LAUNCH:
            return _told(clues.WILL_NOT_LAUNCH, reason) or clues.NEW_REVISION
        case classes.NOT_DONE if run is not None:
            return _of_late_run(run, reason, lines, tick, limit, kind)
    return clues.Cause(f"{clues.HANGS}; {limit}") if class_ == classes.OVERRUN else _usual(kind, class_)


def with_earlier(cause: Cause) -> Cause:
    """Return the cause of the last request's end, of a tick whose earlier request may have had the work done."""
    if cause.rerun_helps is None:
        return cause
    return clues.Cause(f"{cause.guess}; {clues.EARLIER_MAY_BE_DONE}")


def _usual(kind: str, class_: str) -> Cause:
    """Return the cause that alerts of a class usually have."""
    return clues.BY_KIND.get((kind, class_)) or clues.BY_CLASS.get(class_) or clues.Cause()


def _of_late_run(  # noqa: PLR0913, PLR0917 - as `of`
    run: Run, reason: str, lines: Sequence[str], tick: str, limit: str, kind: str
) -> Cause:
    """Return why a tick that has a run is not done in time. A run that is over has the cause of its end."""
    if run.outcome != classes.RUNNING:
        return of(run.outcome, run, reason, lines, tick, limit, kind)
    began = run.started or (run.created if run_kinds.kind(run.task) == run_kinds.INVOCATION else None)
    if not began:
        return clues.NOT_YET_STARTED if kind == run_kinds.TASK else clues.NOT_YET_TAKEN
    late = instants.read(began) - instants.read(tick)
    if late <= _BEGAN_LATE:
        return clues.Cause(f"{clues.TAKES_LONG}; {limit}")
    minutes = int(late.total_seconds() // 60)
    return clues.Cause(f"the run began {instants.length(60 * minutes)} after the tick; {limit}")


def _of_end(class_: str, run: Run | None, reason: str, lines: Sequence[str], kind: str) -> Cause:
    """Return why a run has ended that was not good."""
    if kind != run_kinds.TASK:
        return _told(clues.OF_KIND[kind], reason) or _usual(kind, class_)
    match class_:
        case classes.FAILED:
            return _of_failure(run, reason, lines)
        case classes.NOT_STARTED:
            return _told(clues.NOT_STARTED, reason) or clues.SOMETHING_LACKS
        case classes.INTERRUPTED:
            return _told(clues.INTERRUPTED, f"{run.stop_code} {reason}" if run else reason) or clues.TAKEN_AWAY
    return _usual(kind, class_)


def _of_failure(run: Run | None, reason: str, lines: Sequence[str]) -> Cause:
    if run is None:
        return clues.Cause()
    if run.suspects:
        return clues.Cause(
            f"{run.suspects} probably ended first: when an essential container ends, ECS stops the others. "
            "python -m ops logs --all-containers shows its log"
        )
    if stop_codes.is_by_step_functions(reason):
        return clues.Cause("Step Functions stopped the run, because its execution timed out, failed or was aborted")
    if run.exit_code is None:
        return _told(clues.NO_EXIT_CODE, reason) or clues.END_UNKNOWN
    if clues.OUT_OF_MEMORY in reason:
        return clues.TOO_MUCH_MEMORY
    return clues.EXIT_CODES.get(run.exit_code) or _told(clues.LOG, "\n".join(lines)) or clues.Cause()


def _told(table: Sequence[Clue], text: str) -> Cause | None:
    small = text.lower()
    return next((clue.cause for clue in table if clue.is_in(small)), None)
