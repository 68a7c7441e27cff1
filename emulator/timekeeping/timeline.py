"""How time passes in the sandbox: from one moment at which something is due to the next."""

from __future__ import annotations

import heapq
import itertools
import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from emulator.timekeeping.clock import Clock


class Source(Protocol):
    """A part of the embedded AWS that does something at times of its own."""

    def next_moment(self) -> datetime | None:
        """Tell when it next has something to do, or None."""

    def fire(self, moment: datetime) -> None:
        """Do what is due at `moment`, or was due before; the clock shows it."""


class Agenda:
    """Things to be done once, each at its moment, in the order of their moments; any thread may add one."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._lock = threading.Lock()
        self._waiting: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def at(self, moment: datetime, action: Callable[[], None]) -> None:
        """Have `action` done at `moment`."""
        with self._lock:
            heapq.heappush(self._waiting, (moment, next(self._numbers), action))

    def next_moment(self) -> datetime | None:
        """Tell when the next thing is to be done."""
        with self._lock:
            return self._waiting[0][0] if self._waiting else None

    def fire(self, moment: datetime) -> None:
        """Do what is due; what that adds for the same moment too."""
        while (action := self._take(moment)) is not None:
            action()

    def _take(self, moment: datetime) -> Callable[[], None] | None:
        with self._lock:
            due = self._waiting and self._waiting[0][0] <= moment
            return heapq.heappop(self._waiting)[2] if due else None


class Timeline:
    """The clock, and all that happens as it goes on."""

    def __init__(self, clock: Clock, sources: Sequence[Source], settle: Callable[[], object]) -> None:
        """At each moment `sources` act in their order; then `settle` waits for the runs: time moves on after them."""
        self._clock = clock
        self._sources = sources
        self._settle = settle
        self._moving = threading.Lock()

    def advance(self, to: datetime, progress: Callable[[datetime], None] = lambda _: None) -> None:
        """Move the clock to `to`, doing on the way what is due, in the order of time."""
        with self._moving:
            while (moment := self.next_moment()) is not None and moment <= to:
                self._clock.move_to(moment)
                progress(moment)
                for source in self._sources:
                    source.fire(moment)
                self._settle()
            self._clock.move_to(to)

    def next_moment(self) -> datetime | None:
        """Find the next moment at which something is to be done, or None."""
        moments = (source.next_moment() for source in self._sources)
        return min((moment for moment in moments if moment is not None), default=None)
