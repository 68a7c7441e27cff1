"""The sandbox's timeline, on which time moves from one due action to the next."""

from __future__ import annotations

import heapq
import itertools
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emulator.timekeeping.clock import Clock


class Source(Protocol):
    """A part of the embedded AWS that acts at certain times."""

    def next_moment(self) -> datetime | None:
        """Return the time of the next action, or None."""

    def fire(self, moment: datetime) -> None:
        """Run the actions that are due at or before `moment`; the clock shows `moment`."""


class Agenda:
    """Actions that run once, ordered by their times; any thread may add an action."""

    def __init__(self) -> None:
        """Start without actions."""
        self._lock = threading.Lock()
        self._waiting: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def at(self, moment: datetime, action: Callable[[], None]) -> None:
        """Add an action that runs at `moment`."""
        with self._lock:
            heapq.heappush(self._waiting, (moment, next(self._numbers), action))

    def after(self, seconds: float | None, action: Callable[[], None]) -> None:
        """Add an action that runs after these seconds; never when they are None."""
        if seconds is not None:
            self.at(datetime.now(UTC) + timedelta(seconds=seconds), action)

    def next_moment(self) -> datetime | None:
        """Return the time of the next action, or None."""
        with self._lock:
            return self._waiting[0][0] if self._waiting else None

    def fire(self, moment: datetime) -> None:
        """Run the due actions, including actions that they add for the same moment."""
        while (action := self._take(moment)) is not None:
            action()

    def _take(self, moment: datetime) -> Callable[[], None] | None:
        with self._lock:
            due = self._waiting and self._waiting[0][0] <= moment
            return heapq.heappop(self._waiting)[2] if due else None


class Timeline:
    """The clock, and the sources that act as it moves."""

    def __init__(self, clock: Clock, sources: Sequence[Source], settle: Callable[[], object]) -> None:
        """Let `sources` act in their order at each moment; `settle` then waits for the runs before time moves on."""
        self._clock = clock
        self._sources = sources
        self._settle = settle
        self._moving = threading.Lock()

    def advance(self, to: datetime, progress: Callable[[datetime], None] = lambda _: None) -> None:
        """Move the clock to `to`, and run the due actions on the way, ordered by time."""
        with self._moving:
            while (moment := self.next_moment()) is not None and moment <= to:
                self._clock.move_to(moment)
                progress(moment)
                for source in self._sources:
                    source.fire(moment)
                self._settle()
            self._clock.move_to(to)

    def next_moment(self) -> datetime | None:
        """Return the time of the next action of any source, or None."""
        moments = (source.next_moment() for source in self._sources)
        return min((moment for moment in moments if moment is not None), default=None)
