"""What a schedule of a supervised job asks for, as its job's item keeps it. Pure: standard library only.

A job that asks for none of it is launched by Scheduler itself and has no `Limits`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from supervision.plain_data import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

START_TIMEOUT = 900
"""Seconds that a task may take from its launch to RUNNING, unless the job says another limit."""
BACKOFF = 30
"""Seconds before the first retry, unless the job says another time."""
LONGEST_BACKOFF = 3600
"""Seconds. The time between two attempts doubles with each retry, up to this."""

OVERLAPS = ("allow", "skip", "replace", "queue")
"""What becomes of a tick while an earlier one of its job runs: it runs too, is skipped, replaces that one, or waits."""
LATE = ("all", "last", "none")
"""Which ticks are launched of those that piled up while nothing could be launched."""
REVISIONS = ("newest", "service")
"""Which revision a launch uses: the newest active one of the family, or the one that the placement's service runs."""
TAKEN_BY = ("", "worker", "process")
"""Who begins a run: AWS does, a free worker that takes the launch, or a process that claims the tick by itself."""


@dataclass(frozen=True)
class Closure:
    """One span of a calendar in which no tick is launched."""

    calendar: str
    """The calendar's name in stack config."""
    since: str
    """The first instant, in UTC, such as `2026-11-26T02:00:00Z`."""
    until: str
    """The first instant that is open again, in the same form."""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the supervisor keeps for one schedule. Times are whole seconds.

    The plain data leaves out each field that has its default. So a default never changes: the items of deployed jobs
    would mean something else.
    """

    start_deadline: int
    """The last moment of a launch, counted from the tick, so the schedule's window is part of it."""
    start_timeout: int = START_TIMEOUT
    """From the launch of a task to RUNNING."""
    timeout: int | None = None
    """From RUNNING to the stop, for each attempt. None: no limit, as `total_timeout`."""
    total_timeout: int | None = None
    """From the first launch, over all attempts."""
    retries: int = 0
    """How many attempts may follow a first one that ended badly."""
    backoff: int = BACKOFF
    """Before the first retry. It doubles with each further one, to `LONGEST_BACKOFF` at most."""
    retry_on: tuple[int, ...] = ()
    """The exit codes after which an attempt is repeated. Empty: after each bad exit."""
    overlap: str = "allow"
    """One of `OVERLAPS`."""
    lock: str = ""
    """A name that no two ticks of the stack hold at once. Empty: no lock."""
    late: str = "all"
    """One of `LATE`."""
    run_revision: str = "newest"
    """One of `REVISIONS`."""
    closed: tuple[Closure, ...] = ()
    """When no tick is launched, by time."""
    ends_within: int | None = None
    """From the invocation of a function: then it has ended, whether its end is known or not. None for others."""

    taken_by: str = ""
    """One of `TAKEN_BY`."""

    @property
    def invokes(self) -> bool:
        """Whether the runs are invocations of a function. Nobody can ask for one, or stop it."""
        return self.ends_within is not None

    @property
    def works(self) -> bool:
        """Whether free workers take the runs. A launch that nobody has taken yet can be withdrawn."""
        return self.taken_by == "worker"

    @property
    def in_process(self) -> bool:
        """Whether processes claim the ticks by themselves. Nobody launches a run, can ask for one, or stop it."""
        return self.taken_by == "process"

    @property
    def keeps_time(self) -> bool:
        """Whether runs are stopped at time limits. Nobody can stop an invocation, or what a process has begun."""
        return not self.invokes and not self.in_process

    def to_plain(self) -> dict[str, Any]:
        """Return the limits as plain data for JSON, without the fields that have their defaults."""
        default = [one.name for one in dataclasses.fields(self) if getattr(self, one.name) == one.default]
        return plain(self, *default)

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any]) -> Self:
        """Return the limits of this plain data."""
        lists = {
            "retry_on": tuple(raw.get("retry_on", ())),
            "closed": tuple(Closure(**one) for one in raw.get("closed", ())),
        }
        return cls(**{**raw, **lists})
