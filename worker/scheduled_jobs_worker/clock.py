"""The time, and waiting for it."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 3600.0
"""Seconds of one wait. Whoever waits looks again afterwards."""


class Clock(Protocol):
    """What tells a worker the time. Tests pass a clock of their own."""

    def now(self) -> float:
        """Return the seconds since 1970, by which leases are written."""

    def steady(self) -> float:
        """Return seconds that pass evenly, whatever is done to the time of the machine; by them a process is ended."""

    def wait(self, files: Sequence[int], seconds: float) -> None:
        """Wait until one of the files can be read, but no longer than these seconds; it may end earlier."""


class SystemClock:
    """The clock of the machine."""

    _steady = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    """Goes on while the machine is suspended, where there is such a clock."""

    def now(self) -> float:
        """Return the machine's time."""
        return time.time()

    def steady(self) -> float:
        """Return the seconds since the machine started."""
        return time.clock_gettime(self._steady)

    def wait(self, files: Sequence[int], seconds: float) -> None:
        """Wait in poll(), which takes the files of a server with thousands of connections too."""
        poll = select.poll()
        for file in files:
            poll.register(file, select.POLLIN)
        poll.poll(1000 * min(max(0.0, seconds), _LONGEST))


SYSTEM = SystemClock()
