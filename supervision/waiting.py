"""What ticks in flight wait for, in words and moments, for people who look. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supervision.flights import Flight


@dataclass(frozen=True, kw_only=True)
class Wait:
    """A tick in flight that has no task now."""

    schedule: str
    tick: str
    why: str
    attempt: int
    """The number of the next attempt."""
    attempts: int
    """How many attempts the tick may have."""
    next_launch: datetime | None
    """When the next launch is due; None while that depends on something else."""
    launch_by: datetime | None
    """When the tick is too late, if it has not begun until then; None for a tick that has begun."""
    by_hand: bool
    """Whether it is a run that an operator asked for."""


def waits(flights: Iterable[Flight]) -> list[Wait]:
    """Return what each tick waits for that has no task, by tick."""
    return [
        _wait(one) for one in sorted(flights, key=lambda one: one.order) if one.launch is None or not one.launch.task
    ]


def _wait(flight: Flight) -> Wait:
    began = flight.began is not None
    return Wait(
        schedule=flight.schedule,
        tick=flight.tick,
        why=flight.waits or _stage(flight),
        attempt=flight.attempt,
        attempts=flight.limits.retries + 1,
        next_launch=_instant(flight.not_before) if began and flight.launch is None else None,
        launch_by=None if began else _instant(flight.launch_by),
        by_hand=bool(flight.rerun),
    )


def _stage(flight: Flight) -> str:
    """Return how far a tick is that nothing keeps back."""
    if flight.asks_service:
        return "waiting to learn which revision its service runs"
    if flight.launch is not None:
        return "being launched"
    if flight.began is not None:
        return f"attempt {flight.attempt} of {flight.limits.retries + 1}"
    return "waiting for the supervisor"


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
