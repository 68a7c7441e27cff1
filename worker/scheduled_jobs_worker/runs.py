"""A run: what it is of, and how it ended. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import instants, names

if TYPE_CHECKING:
    from datetime import datetime

GOOD, FAILED, INTERRUPTED, STOPPED, TIMED_OUT = "good", "failed", "interrupted", "stopped", "timed-out"
NOT_STARTED = "not-started"
OUTCOMES = (GOOD, FAILED, INTERRUPTED, STOPPED, TIMED_OUT, NOT_STARTED)

LONGEST_REASON = 500
"""Characters of the reason that a claim, a report and a log line have."""
_CODES = 0xFF
"""What the system keeps of the number with which a process ends."""


@dataclass(frozen=True)
class Run:
    """What a job's function gets if it takes an argument."""

    job: str
    schedule: str
    """The name of the schedule: the job's, with the key after a dot if the job has several schedules."""
    tick: datetime
    """The scheduled time in UTC."""
    attempt: int = 1
    """1, and one more after each failure that the job's `retries` repeat."""
    launch: int = 1
    """1, and one more each time that the tick is launched again, also after an interruption."""
    rerun: str = ""
    """The id of an operator's request; empty for a run of the schedule."""
    trigger: str = ""
    """`manual` for an operator's run."""
    token: int = 0
    """The fencing token: it grows with each claim of the job. A store that refuses a smaller token than it has seen is
    safe from a process that was suspended and works on."""

    @property
    def id(self) -> str:
        """The id of the run, which is the key of its claim."""
        return names.run_id(self.schedule, instants.text(self.tick), self.rerun, self.launch)


@dataclass(frozen=True)
class Verdict:
    """How a run ended."""

    outcome: str
    exit_code: int | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        """Make the reason a text that every store takes, as long as a reader needs it."""
        storable = self.reason.encode("utf-8", "backslashreplace").decode()
        object.__setattr__(self, "reason", storable[:LONGEST_REASON])

    @classmethod
    def of_error(cls, error: BaseException) -> Verdict:
        """Return how a function ended that raised an error."""
        if isinstance(error, SystemExit):
            return cls.of_exit(error)
        outcome = INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED
        return cls(outcome, None, ": ".join(filter(None, (type(error).__name__, _said(error)))))

    @classmethod
    def of_exit(cls, asked: SystemExit) -> Verdict:
        """Return how a function ended that called `sys.exit`, by Python's rules for its argument."""
        if asked.code is None or isinstance(asked.code, int):
            return cls.of_code(int(asked.code or 0) & _CODES)
        return cls(FAILED, 1, _said(asked.code))

    @classmethod
    def of_code(cls, code: int, reason: str = "") -> Verdict:
        """Return how a run ended whose process had this exit code."""
        return cls(FAILED if code else GOOD, code, reason)


def _said(by: object) -> str:
    """Return what an error or another object says, whose class may fail to say it."""
    try:
        return str(by)
    except Exception:  # noqa: BLE001 - it is the code of a job
        return ""
