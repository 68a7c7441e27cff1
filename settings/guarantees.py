"""What a job can ask of its runs: the fields that job files and stack config share, and the limits of their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from settings.limits import repeated
from settings.patterns import matching
from watch import durations

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_RETRIES = 10
"""AWS Batch and Cloud Run take as many attempts."""


def _between(least: str, most: str) -> Callable[[str], str]:
    """Return a validator for a length of time, both ends included."""

    def validate(text: str) -> str:
        if not durations.seconds(least) <= durations.seconds(text) <= durations.seconds(most):
            raise ValueError(f"must be at least {least} and at most {most}")
        return text

    return validate


def _once(items: Sequence[str | int]) -> Sequence[str | int]:
    twice = repeated(items)
    if twice is not None:
        raise ValueError(f"lists '{twice}' more than once")
    return items


_LENGTH = matching(durations.PATTERN, "hours, minutes and seconds, such as 1h30m, 90s or 30m")

RunTime = Annotated[str, _LENGTH, AfterValidator(_between("1s", "336h"))]
"""A length of time up to two weeks."""

StartTime = Annotated[str, _LENGTH, AfterValidator(_between("1m", "24h"))]
"""A length of time between Scheduler's shortest and longest age of an event (Scheduler API reference, RetryPolicy)."""

Backoff = Annotated[str, _LENGTH, AfterValidator(_between("1s", "1h"))]

Retries = Annotated[int, Field(strict=True, ge=0, le=MOST_RETRIES)]

ExitCodes = Annotated[Sequence[Annotated[int, Field(strict=True, ge=1, le=255)]], AfterValidator(_once)]
"""The codes with which a process of Linux can say that it failed."""

LockName = Annotated[
    str,
    matching(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        "letters, digits, dots, underscores and hyphens, at most 64, such as orders-db",
    ),
]

CalendarName = Annotated[
    str,
    matching(
        r"^[a-z][a-z0-9-]{0,29}$",
        "lower-case letters, digits and hyphens, starting with a letter, at most 30 characters, such as holidays",
    ),
]
"""A key of `scheduled-jobs:calendars` in stack config."""

Overlap = Literal["allow", "skip", "replace", "queue"]
Late = Literal["all", "last", "none"]
RunRevision = Literal["newest", "service"]


@dataclass(frozen=True, kw_only=True)
class Guarantees:
    """What a job can ask of its runs beyond one launch for each tick.

    A field of None asks for nothing. A job that asks for something is supervised: its runs are launched by the
    supervisor, and no longer by Scheduler itself. Lengths of time are texts such as `"30s"`, `"90m"` or `"1h30m"`.
    """

    timeout: RunTime | None = None
    """How long an attempt may run. Then its task is stopped. Default: no limit."""

    start_timeout: StartTime | None = None
    """How long a task may take from its launch to RUNNING. Then it is stopped. Default: 15 minutes."""

    retries: Retries | None = None
    """How many attempts may follow a first one that ended badly. Default: 0.

    Interruptions and tasks that did not start are repeated up to three times beside these.
    """

    backoff: Backoff | None = None
    """The time before the first retry. It doubles with each further one, up to an hour. Default: 30 seconds."""

    retry_on: ExitCodes | None = None
    """The exit codes after which an attempt is repeated. Default: all but 0."""

    total_timeout: RunTime | None = None
    """How long all attempts of a tick may take together, from the first launch. Default: no limit."""

    overlap: Overlap | None = None
    """What becomes of a tick while an earlier one of the job runs, or another job has the lock.

    `"allow"`: it runs too. `"skip"`: it does not run. `"replace"`: the earlier run is stopped. `"queue"`: it waits, and
    further ticks are skipped. Default: `"allow"`.
    """

    lock: LockName | None = None
    """A name that no two ticks of the stack hold at once, whatever their jobs. Needs an `overlap`. Default: none."""

    start_deadline: StartTime | None = None
    """How long after its tick a run may still be launched. Default: 15 minutes, or until the next tick."""

    late: Late | None = None
    """Which ticks are launched of those that piled up while nothing could be launched. Default: `"all"`."""

    not_on: Annotated[Sequence[CalendarName], AfterValidator(_once)] | None = None
    """Calendars of stack config (`scheduled-jobs:calendars`) that name the days without a run. Default: none."""

    run_revision: RunRevision | None = None
    """Which revision of the task definition runs: the `"newest"` active one, or the one that the placement's
    `"service"` runs. Default: `"newest"`."""
