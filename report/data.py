"""The report as plain data. Text is not escaped yet; values of environment variables are already hidden."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from report.marks import mark
from watch import classes, instants

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from supervision.waiting import Wait


@dataclass(frozen=True, kw_only=True)
class ShownRun:
    """One run of a tick."""

    task: str
    """The run's id: of its task, or of a run that is no task."""
    status: str
    outcome: str
    started: datetime | None
    stopped: datetime | None
    seconds: int | None
    """From start to stop; None while the run lasts, and when it never started."""
    exit_code: int | None
    stop_code: str
    reason: str
    attempt: int = 0
    """Which attempt of its tick the run is; 0 if the tick may have one only, as `attempts`."""
    attempts: int = 0
    worker: str = ""
    """The process that did the work, as it names itself; empty for tasks and functions."""
    log: tuple[str, ...] | None = ()
    """The last lines of the run's log; None when it was not read."""
    log_left_out: int = 0
    """The number of earlier lines."""


@dataclass(frozen=True, kw_only=True)
class ShownTick:
    """A tick and its outcome."""

    at: datetime
    outcome: str
    alert: str | None
    """The class of the alert that was sent; None when no alert was sent."""
    reason: str
    runs: tuple[ShownRun, ...]
    """In the order of creation."""
    waits: tuple[Wait, ...] = ()
    """What the tick waits for, if it is in flight; an operator may have asked for a further run of it."""

    @property
    def why(self) -> str:
        """Why it has no good run, or none yet, as far as that is no matter of a run."""
        return "; ".join(filter(None, [self.reason, *(wait.why for wait in self.waits)]))

    @property
    def mark(self) -> str:
        """The outcome that the page shows."""
        return mark(self.outcome, self.alert)


def counts_of(ticks: Iterable[ShownTick]) -> Counter[str]:
    """Return the number of ticks by the outcome that the page shows."""
    return Counter(tick.mark for tick in ticks)


@dataclass(frozen=True, kw_only=True)
class Unlisted:
    """Ticks of one quarter of an hour that had the same outcome, and of which the page has no details."""

    at: datetime
    """The beginning of the quarter."""
    mark: str
    """The outcome that the page shows."""
    count: int


@dataclass(frozen=True, kw_only=True)
class ShownSchedule:
    """A schedule that exists, or that has ticks in the ledger."""

    name: str
    job: str
    timezone: str
    words: str
    """Its expression in words."""
    state: str
    """`ENABLED` or `DISABLED`, as in Scheduler; `DELETED` for a schedule that is only in the ledger."""
    trouble: bool
    """Whether an alert was sent and no later run was good."""
    coming: tuple[datetime, ...]
    """The ticks of the coming two days; if there is none, the next one."""
    ticks: tuple[ShownTick, ...]
    """The oldest tick first."""
    unlisted: tuple[Unlisted, ...] = ()
    """The ticks in the ledger that are not in `ticks`."""

    @property
    def counts(self) -> Counter[str]:
        """The number of ticks in the ledger by the outcome that the page shows."""
        found = counts_of(self.ticks)
        for some in self.unlisted:
            found[some.mark] += some.count
        return found

    @property
    def waiting(self) -> tuple[ShownTick, ...]:
        """The listed ticks that wait for something."""
        return tuple(tick for tick in self.ticks if tick.waits)

    @property
    def alerting(self) -> ShownTick | None:
        """The latest listed tick with an alert, of a schedule in trouble."""
        return next((tick for tick in reversed(self.ticks) if tick.alert), None) if self.trouble else None


@dataclass(frozen=True, kw_only=True)
class ShownAlert:
    """A message that the alert topic sent, or a tick that was alerted."""

    at: datetime
    to: tuple[str, ...]
    """Empty for a tick: the ledger does not know who got its alert."""
    subject: str
    body: str
    undelivered: str | None = None
    """Why the message did not arrive."""


@dataclass(frozen=True, kw_only=True)
class ShownStack:
    """One stack that has a watch function."""

    project: str
    name: str
    group: str
    """The schedule group."""
    region: str
    schedules: tuple[ShownSchedule, ...] = ()
    alerts: tuple[ShownAlert, ...] = ()
    """In the order of sending, or of the ticks."""
    has_messages: bool = True
    """Whether `alerts` are the messages that were sent. Otherwise each is a listed tick that was alerted."""

    @property
    def counts(self) -> Counter[str]:
        """The number of ticks in the ledger by the outcome that the page shows."""
        return sum((schedule.counts for schedule in self.schedules), Counter())

    @property
    def trouble(self) -> tuple[str, ...]:
        """The schedules that had an alert and no good run since."""
        return tuple(schedule.name for schedule in self.schedules if schedule.trouble)


@dataclass(frozen=True, kw_only=True)
class Report:
    """All stacks of one account or of a sandbox."""

    now: datetime
    """The time at which the data was collected; of a sandbox, by its own clock."""
    stacks: tuple[ShownStack, ...] = field(default=())

    def to_plain(self) -> dict[str, Any]:
        """Return the report as JSON values, with instants in the ledger's form and each stack's counts."""
        plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self), default=instants.text))
        for raw, stack in zip(plain["stacks"], self.stacks, strict=True):
            raw["counts"] = {
                "ticks": stack.counts.total(),
                "good": stack.counts[classes.GOOD],
                "trouble": len(stack.trouble),
                "alerts": len(stack.alerts),
            }
        return plain
