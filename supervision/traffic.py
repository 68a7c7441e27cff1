"""The ticks in flight of one job, with the locks that they need. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supervision.flights import Flight
    from supervision.locks import Lock


@dataclass
class Traffic:
    """The flights of one job."""

    flights: list[Flight] = field(default_factory=list)
    locks: dict[str, Lock] = field(default_factory=dict)
    """The locks that the change needs, by name. They are records of their own."""

    def named(self, name: str) -> Flight | None:
        """Return a flight by its name; None when it has ended."""
        return next((one for one in self.flights if one.name == name), None)

    def of_task(self, task: str) -> Flight | None:
        """Return the flight whose present launch has this task; None for no such flight."""
        return next((one for one in self.flights if one.launch is not None and one.launch.task == task), None)

    def end(self, flight: Flight) -> None:
        """End a flight: it leaves its slot and its lock."""
        self.flights = [one for one in self.flights if one is not flight]
        if flight.lock in self.locks:
            self.locks[flight.lock].leave(flight)
