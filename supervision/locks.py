"""A lock of the stack, which no two ticks hold at once, as a record of its own keeps it. Plain data and its rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from supervision.plain_data import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supervision.flights import Flight


@dataclass
class Waiter:
    """A tick that waits for a lock."""

    flight: str
    """The flight's name."""
    job: str
    tick: str
    until: int
    """The tick's last moment. A waiter whose moment has passed no longer counts."""


@dataclass
class Lock:
    """A lock of the stack: who holds it, and who waits for it. It is saved together with the record of a job."""

    name: str
    holder: str = ""
    """The name of the flight that holds it; empty when it is free."""
    job: str = ""
    """The holder's job."""
    waiters: list[Waiter] = field(default_factory=list)
    version: int = 0
    """The version of this record; 0 until it is saved."""

    def take(self, flight: Flight, now: int) -> bool:
        """Give the lock to a flight if it is free and no tick before this one waits for it; else let it wait.

        Return whether the flight holds the lock.
        """
        if self.holder == flight.name:
            return True
        first = min(self._waiting(now), key=lambda one: (one.tick, one.flight), default=None)
        before = (
            first is not None
            and first.flight != flight.name
            and (first.tick, first.flight) < (flight.tick, flight.name)
        )
        if not self.holder and not before:
            self.holder, self.job = flight.name, flight.job
            self._forget(flight.name)
            return True
        if all(one.flight != flight.name for one in self.waiters):
            self.waiters = [*self._waiting(now), Waiter(flight.name, flight.job, flight.tick, flight.launch_by)]
        return False

    def leave(self, flight: Flight) -> None:
        """Free the lock if the flight holds it; let the flight wait no longer."""
        self._forget(flight.name)
        if self.holder == flight.name:
            self.holder = self.job = ""

    def next_job(self, now: int) -> str | None:
        """Return the job whose tick may take the free lock; None when the lock is held, or nobody waits."""
        if self.holder:
            return None
        first = min(self._waiting(now), key=lambda one: (one.tick, one.flight), default=None)
        return first.job if first else None

    def to_plain(self) -> dict[str, Any]:
        """Return the lock as plain data, without the version."""
        return plain(self, "version")

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any], version: int) -> Self:
        """Return the lock of this plain data."""
        return cls(**{**raw, "waiters": [Waiter(**one) for one in raw["waiters"]]}, version=version)

    def _waiting(self, now: int) -> list[Waiter]:
        return [one for one in self.waiters if now <= one.until]

    def _forget(self, flight: str) -> None:
        self.waiters = [one for one in self.waiters if one.flight != flight]
