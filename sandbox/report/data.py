"""What the report tells, as plain data. Nothing in here is escaped yet, and no value of an environment is left."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.report.marks import mark
from watch import instants

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class ShownRun:
    """One run of a tick."""

    task: str
    """The task's id."""
    status: str
    outcome: str
    started: datetime | None
    stopped: datetime | None
    seconds: int | None
    """From start to stop; None while it runs, and when it never started."""
    exit_code: int | None
    stop_code: str
    reason: str
    log: tuple[str, ...] = ()
    """The end of its log."""
    log_left_out: int = 0
    """Lines before that."""


@dataclass(frozen=True, kw_only=True)
class ShownTick:
    """What became of a tick."""

    at: datetime
    outcome: str
    alert: str | None
    """The class that a person was told; None when there was nothing to tell."""
    reason: str
    runs: tuple[ShownRun, ...]
    """The first to be created first."""

    @property
    def mark(self) -> str:
        """The outcome that it is shown by."""
        return mark(self.outcome, self.alert)


@dataclass(frozen=True, kw_only=True)
class ShownSchedule:
    """A schedule that exists, or of which the ledger knows ticks."""

    name: str
    job: str
    timezone: str
    words: str
    """When it is due."""
    state: str
    """`ENABLED` or `DISABLED`, as Scheduler has it; `DELETED` for one that only the ledger knows."""
    trouble: bool
    """Whether it was alerted and no later run was good."""
    coming: tuple[datetime, ...]
    """Its next ticks."""
    ticks: tuple[ShownTick, ...]
    """The oldest first."""
    good: int
    """Ticks that were good, and in good time, also among those left out."""
    left_out: int
    """Ticks of the ledger that are not among `ticks`."""

    @property
    def count(self) -> int:
        """How many ticks the ledger knows."""
        return len(self.ticks) + self.left_out


@dataclass(frozen=True, kw_only=True)
class ShownAlert:
    """A message that the alert topic sent."""

    at: datetime
    to: tuple[str, ...]
    subject: str
    body: str
    undelivered: str | None = None
    """Why it did not arrive."""


@dataclass(frozen=True, kw_only=True)
class ShownStack:
    """One stack that has a watch."""

    project: str
    name: str
    group: str
    """The schedule group."""
    region: str
    schedules: tuple[ShownSchedule, ...] = ()
    alerts: tuple[ShownAlert, ...] = ()
    """In the order in which they were sent."""

    @property
    def count(self) -> int:
        """How many ticks the ledger knows."""
        return sum(schedule.count for schedule in self.schedules)

    @property
    def good(self) -> int:
        """How many of these were good."""
        return sum(schedule.good for schedule in self.schedules)

    @property
    def trouble(self) -> tuple[str, ...]:
        """Schedules that were alerted and have not been good since."""
        return tuple(schedule.name for schedule in self.schedules if schedule.trouble)


@dataclass(frozen=True, kw_only=True)
class Report:
    """All stacks of a sandbox."""

    now: datetime
    """The sandbox's time."""
    stacks: tuple[ShownStack, ...] = field(default=())

    def to_plain(self) -> dict[str, Any]:
        """Give what JSON can hold, instants as the ledger writes them, with each stack's counts."""
        plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self), default=instants.text))
        for raw, stack in zip(plain["stacks"], self.stacks, strict=True):
            raw["counts"] = {
                "ticks": stack.count,
                "good": stack.good,
                "trouble": len(stack.trouble),
                "alerts": len(stack.alerts),
            }
        return plain
