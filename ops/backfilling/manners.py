"""How the runs of a backfill get on with each other and with the schedule's own runs, by the job's limits. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.errors import OpsError
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervision.limits import Limits
    from supervision.traffic import Traffic

ALLOW, SKIP, QUEUE, REPLACE = "allow", "skip", "queue", "replace"

_MEANWHILE = {
    SKIP: "A tick of the schedule itself that comes due meanwhile is skipped.",
    QUEUE: "A tick of the schedule itself that comes due meanwhile waits for the run, until its own start deadline.",
    REPLACE: (
        "A tick of the schedule itself that comes due meanwhile stops the run, and with it the backfill; the same "
        "command goes on."
    ),
}
"""What becomes of the schedule's own ticks while a run of a backfill goes on."""


def one_at_a_time(limits: Limits | None) -> bool:
    """Return whether the job's limits let one run go on at a time. None: the job has no supervisor.

    A lock is never together with overlap=allow.
    """
    return limits is not None and limits.overlap != ALLOW


def at_once(limits: Limits | None, parallel: int) -> int:
    """Return how many runs go on at a time; OpsError when further runs would stop the earlier ones."""
    if limits is not None and limits.overlap == REPLACE and parallel > 1:
        raise OpsError(
            f"--parallel {parallel}: the job has overlap=replace, so each run would stop the one before; "
            "must be 1, which sends each tick when the one before has ended"
        )
    return 1 if one_at_a_time(limits) else parallel


def obstacle(limits: Limits | None, traffic: Traffic) -> str:
    """Return why a tick is not sent yet to the supervisor, which would skip it or let it wait; empty for no reason.

    `traffic` has the job's ticks in flight, and its lock.
    """
    if limits is None or not one_at_a_time(limits):
        return ""
    for flight in traffic.flights:
        if not flight.insists:
            return f"the tick {flight.tick} of {flight.schedule} is in flight"
    holder = traffic.locks[limits.lock].holder if limits.lock else ""
    return f"{holder} holds the lock {limits.lock}" if holder else ""


def explained(limits: Limits | None, parallel: int) -> Iterator[str]:
    """Yield what the job's limits make of a backfill, each in a line."""
    if limits is None:
        yield "Nothing keeps the runs of this job apart: they may go on beside a run of the schedule itself."
        return
    if one_at_a_time(limits):
        yield from _in_turn(limits, parallel)
    else:
        yield "The job has overlap=allow: runs may go on beside a run of the schedule itself."
    attempts = f", up to {limits.retries + 1} times if it fails" if limits.retries else ""
    deadline = instants.length(limits.start_deadline)
    yield f"The supervisor launches each tick{attempts}. It gives up one that it cannot launch within {deadline}."


def _in_turn(limits: Limits, parallel: int) -> Iterator[str]:
    many = f", so --parallel {parallel} changes nothing" if parallel > 1 else ""
    yield f"The job has overlap={limits.overlap}: each tick is sent when no other tick of the job is in flight{many}."
    if limits.lock:
        yield f"It also waits until nobody holds the lock {limits.lock}."
    yield _MEANWHILE[limits.overlap]
