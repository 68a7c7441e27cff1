"""The lines that the library logs: JSON, one line for each start and end of a run, and for each trouble.

They go to the logger `scheduled_jobs_worker`. Unless the service gives it a handler, they are written to stdout.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .runs import Run, Verdict

LOGGER = logging.getLogger("scheduled_jobs_worker")


def started(run: Run, name: str, worker: str) -> None:
    """Log that a run begins."""
    _write(logging.INFO, {"event": "run-started", **_named(run, name, worker)})


def ended(run: Run, name: str, worker: str, verdict: Verdict, seconds: float) -> None:
    """Log how a run ended, and how long it took."""
    how = {"outcome": verdict.outcome, "exit_code": verdict.exit_code, "reason": verdict.reason}
    _write(logging.INFO, {"event": "run-ended", **_named(run, name, worker), **how, "seconds": round(seconds, 3)})


def trouble(event: str, **said: object) -> None:
    """Log something that somebody may have to look at."""
    _write(logging.WARNING, {"event": event, **said})


def news(event: str, **said: object) -> None:
    """Log something that is as it should be."""
    _write(logging.INFO, {"event": event, **said})


def _named(run: Run, name: str, worker: str) -> dict[str, object]:
    return {
        "job": run.job,
        "schedule": run.schedule,
        "tick": run.tick.isoformat().replace("+00:00", "Z"),
        "run": name,
        "launch": run.launch,
        "attempt": run.attempt,
        "worker": worker,
        "token": run.token,
    }


def _write(level: int, line: dict[str, object]) -> None:
    if not LOGGER.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(message)s"))
        LOGGER.addHandler(handler)
        LOGGER.setLevel(logging.INFO)
        LOGGER.propagate = False
    LOGGER.log(level, json.dumps(line))
