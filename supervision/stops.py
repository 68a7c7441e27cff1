"""Decisions to stop a task: by a time limit, or for another tick. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supervision.flights import Stop

if TYPE_CHECKING:
    from supervision.flights import Flight, Launch

TIMED_OUT, NOT_STARTED, STOPPED = "timed-out", "not-started", "stopped"
"""What becomes of a run that is stopped."""


@dataclass(frozen=True)
class Limit:
    """A limit of a run that goes on."""

    moment: int
    class_: str
    why: str
    last: bool = False
    """Whether no further attempt begins after it."""


def stop(flight: Flight, class_: str, why: str, now: int, *, last: bool) -> None:
    """Decide that a flight's task, if it has one, is stopped. With `last` no further attempt begins."""
    flight.last = flight.last or last
    if flight.launch is None:
        flight.waits = why
    elif flight.stop is None:
        flight.stop = Stop(class_, why, now)


def total_end(flight: Flight) -> int | None:
    """Return when the time for all attempts is over; None without such a limit, and before the first launch."""
    total = flight.limits.total_timeout
    return None if total is None or flight.began is None else flight.began + total


def first_limit(flight: Flight, launch: Launch) -> Limit | None:
    """Return the limit that a launched task meets first; None when it has none, and for a run that nobody can stop."""
    if not flight.limits.keeps_time:
        return None
    found = []
    if launch.started is None:
        seconds = flight.limits.start_timeout
        why = "no worker took it" if flight.limits.works else "it did not start"
        found.append(
            Limit((launch.created or launch.decided) + seconds, NOT_STARTED, f"{why} within {_length(seconds)}")
        )
    elif flight.limits.timeout is not None:
        seconds = flight.limits.timeout
        found.append(Limit(launch.started + seconds, TIMED_OUT, f"it ran longer than {_length(seconds)}"))
    end, total = total_end(flight), flight.limits.total_timeout
    if end is not None and total is not None:
        found.append(Limit(end, TIMED_OUT, f"its attempts took longer than {_length(total)}", last=True))
    return min(found, key=lambda limit: limit.moment, default=None)


def _length(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in _units(hours, minutes, rest) if count]
    return " ".join(parts) or "0 seconds"


def _units(hours: int, minutes: int, seconds: int) -> list[tuple[int, str]]:
    return [(hours, "hour"), (minutes, "minute"), (seconds, "second")]
