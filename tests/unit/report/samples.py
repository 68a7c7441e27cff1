"""Sample ticks, runs, schedules and stacks of a report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from report.data import Report, ShownAlert, ShownRun, ShownSchedule, ShownStack, ShownTick

NOW = datetime(2027, 1, 6, 12, tzinfo=UTC)
"""A Wednesday."""


def instant(text: str) -> datetime:
    """Return the instant of a day, hour and minute in January 2027: `06 01:00`."""
    return datetime.strptime(f"2027-01-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def run(**changes: Any) -> ShownRun:  # noqa: ANN401 - members of the run
    """Return a good run."""
    given: dict[str, Any] = {
        "task": "1f",
        "status": "STOPPED",
        "outcome": "good",
        "started": instant("06 01:00"),
        "stopped": instant("06 03:00"),
        "seconds": 7200,
        "exit_code": 0,
        "stop_code": "EssentialContainerExited",
        "reason": "Essential container in task exited",
        "log": ("one line",),
    }
    return ShownRun(**{**given, **changes})


def tick(at: str | datetime, outcome: str = "good", **changes: Any) -> ShownTick:  # noqa: ANN401 - members of the tick
    """Return a tick with one run."""
    when = instant(at) if isinstance(at, str) else at
    given: dict[str, Any] = {"alert": None, "reason": "", "runs": (run(outcome=outcome),)}
    return ShownTick(at=when, outcome=outcome, **{**given, **changes})


def schedule(*ticks: ShownTick, **changes: Any) -> ShownSchedule:  # noqa: ANN401 - members of the schedule
    """Return an enabled schedule."""
    given: dict[str, Any] = {
        "name": "report",
        "job": "report",
        "timezone": "Europe/Berlin",
        "words": "at 02:00 every day, Europe/Berlin",
        "state": "ENABLED",
        "trouble": False,
        "coming": (instant("07 01:00"), instant("08 01:00")),
    }
    return ShownSchedule(ticks=ticks, **{**given, **changes})


def alert(**changes: Any) -> ShownAlert:  # noqa: ANN401 - members of the alert
    """Return an alert."""
    given: dict[str, Any] = {
        "at": instant("06 01:00"),
        "to": ("ops@example.com",),
        "subject": "[test] report failed: exit code 3",
        "body": "report failed: exit code 3\n",
    }
    return ShownAlert(**{**given, **changes})


def report(*schedules: ShownSchedule, **changes: Any) -> Report:  # noqa: ANN401 - members of the stack
    """Return a report of one stack."""
    given: dict[str, Any] = {"project": "jobs", "name": "test", "group": "jobs-test", "region": "eu-central-1"}
    return Report(now=NOW, stacks=(ShownStack(schedules=schedules, **{**given, **changes}),))
