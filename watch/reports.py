"""The reports of those that do the work of a run: a worker, a process that has claimed a tick, or a receiver. Pure.

They invoke the watch asynchronously. Whoever may do that can send any report, so all of it is checked here, and what
becomes of it is decided by what the records know of the launch.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from watch import classes, instants, news, run_kinds, untrusted
from watch.names import claimed_run
from watch.news import News
from watch.task import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from watch.records import Run

STARTED, ENDED = "started", "ended"
"""The states that are reported."""
OUTCOMES = (
    classes.GOOD,
    classes.FAILED,
    classes.TIMED_OUT,
    classes.STOPPED,
    classes.INTERRUPTED,
    classes.NOT_STARTED,
)
"""How a run may have ended."""

LONGEST = timedelta(days=1)
"""How long nothing may be heard of a run that a process has begun by itself, if it has no claim that can be asked."""
NO_REPORT = "no report of its end came"
"""Begins the reason of such a run."""

_LONGEST_REASON, _LONGEST_NAME = 1000, 200
"""Characters of a reason, and of the name of a process, that the ledger keeps."""
_MOST_LAUNCHES = 10_000


def is_report(event: Mapping[str, Any]) -> bool:
    """Return whether an event is a report."""
    return "run" in event and "state" in event


def read(event: Mapping[str, Any], now: datetime) -> News:
    """Return what a report tells; ValueError, with the value quoted, for one that no run of this program sends.

    Nothing has happened before the tick or after `now`, whatever the clock of another machine says.
    """
    run = _run(event.get("run"))
    schedule, tick = untrusted.checked_schedule(event.get("schedule", "")), _instant(event.get("tick"))
    rerun = untrusted.rerun_id(str(event.get("rerun") or ""))
    launch = untrusted.whole(event.get("launch"), "the number of a launch")
    if launch is None or not 1 <= launch <= _MOST_LAUNCHES:
        raise ValueError(f"{untrusted.quoted(str(launch))} is not the number of a launch")
    if run_kinds.kind(run) != run_kinds.INVOCATION and run_kinds.id_of(run) != claimed_run(
        schedule, instants.text(tick), rerun, launch
    ):
        raise ValueError(f"{untrusted.quoted(run)} is not the run of launch {launch} of {schedule} at {tick}")
    ended = _one_of((STARTED, ENDED), event.get("state"), "a state") == ENDED
    if tick < instants.BEGINNING:
        raise ValueError(f"the tick {instants.text(tick)} is before any schedule")
    at, started = news.believed(_instant(event.get("at")), tick, now), event.get("started")
    return News(
        run=run,
        schedule=schedule,
        tick=instants.text(tick),
        rerun=rerun,
        launch=launch,
        status=news.ENDED if ended else news.RUNNING,
        version=news.OVER if ended else news.BEGUN,
        at=at,
        started=news.believed(_instant(started), tick, at) if started else (None if ended else at),
        verdict=_verdict(event) if ended else None,
        worker=name(str(event.get("worker") or "")),
    )


def name(text: str) -> str:
    """Return how a process names itself, as much of it as the ledger keeps."""
    return untrusted.visible(text)[:_LONGEST_NAME]


def reason(text: str) -> str:
    """Return why a run ended as it did, as much of it as the ledger keeps."""
    return untrusted.visible(text)[:_LONGEST_REASON]


def lost(run: Run) -> str:
    """Return why a run counts as failed of whose end nobody reports."""
    who = f", on {run.worker}" if run.worker else ""
    return f"{NO_REPORT}: the run began at {run.started or run.created}{who}, and may have done its work"


def _verdict(event: Mapping[str, Any]) -> Verdict:
    outcome = _one_of(OUTCOMES, event.get("outcome"), "an outcome")
    return Verdict(outcome, untrusted.exit_code(event.get("exit_code")), reason(str(event.get("reason") or "")))


def _run(text: object) -> str:
    """Return the text of a run that is no task. ECS alone tells of tasks."""
    if not isinstance(text, str) or run_kinds.kind(untrusted.run_name(text)) == run_kinds.TASK:
        raise ValueError(f"{untrusted.quoted(str(text))} is not a run of which somebody reports")
    return text


def _instant(text: object) -> datetime:
    return instants.read(untrusted.instant(text if isinstance(text, str) else str(text)))


def _one_of(known: tuple[str, ...], given: object, kind: str) -> str:
    if given not in known:
        raise ValueError(f"{untrusted.quoted(str(given))} is not {kind}: {', '.join(known)}")
    return str(given)
