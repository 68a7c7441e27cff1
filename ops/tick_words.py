"""What the ledger knows of a tick, for people in the schedule's time zone and for machines in UTC. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from watch import instants
from watch.decisions import duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from supervision.waiting import Wait
    from watch.records import Run, Tick


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant in a time zone, such as `Thu 2026-11-26 02:00:12 CET`."""
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}"


def lines(tick: Tick | None, zone: ZoneInfo) -> list[str]:
    """Return a tick's outcome and a line for each of its runs, the earliest first; for None that it is not known."""
    if tick is None:
        return ["outcome: not known"]
    return [f"outcome: {tick.outcome}", *(f"run: {run_words(run, zone)}" for run in runs(tick))]


def runs(tick: Tick) -> list[Run]:
    """Return the runs of a tick, the earliest first."""
    return sorted(tick.runs.values(), key=lambda run: (run.created or "", run.task))


def run_words(run: Run, zone: ZoneInfo) -> str:
    """Return when and how a run ended, such as `Thu 2026-11-26 02:00:12 CET, 4 minutes, failed, exit code 3`."""
    return ", ".join(_parts(run, zone))


def _parts(run: Run, zone: ZoneInfo) -> Iterator[str]:
    began = run.started or run.created
    yield moment(instants.read(began), zone) if began else "at an unknown time"
    seconds = duration(run)
    if seconds is not None:
        yield instants.length(seconds)
    if run.attempt:
        yield f"attempt {run.attempt} of {run.attempts}"
    yield run.outcome
    if run.exit_code is not None:
        yield f"exit code {run.exit_code}"
    if run.by_hand:
        yield "by hand"


def plain(tick: Tick | None) -> dict[str, Any] | None:
    """Return a tick's outcome and runs as JSON has them, with the names of alerts; None when it is unknown."""
    if tick is None:
        return None
    return {"outcome": tick.outcome, "runs": [_plain_run(run) for run in runs(tick)]}


def plain_wait(wait: Wait) -> dict[str, Any]:
    """Return what a tick waits for as JSON values."""
    return {
        "reason": wait.why,
        "attempt": wait.attempt,
        "attempts": wait.attempts,
        "nextLaunch": instants.text_or_none(wait.next_launch),
        "launchBy": instants.text_or_none(wait.launch_by),
        "byHand": wait.by_hand,
    }


def _plain_run(run: Run) -> dict[str, Any]:
    return {
        "task": run.task,
        "createdAt": run.created,
        "startedAt": run.started,
        "stoppedAt": run.stopped,
        "outcome": run.outcome,
        "exitCode": run.exit_code,
        "byHand": run.by_hand,
        "worker": run.worker or None,
        "attempt": run.attempt or None,
        "attempts": run.attempts or None,
        "reason": run.reason,
    }
