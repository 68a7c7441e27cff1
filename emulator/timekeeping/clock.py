"""The sandbox's clock: it stands still until it is moved, or runs with the machine's clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import grpc._server
import time_machine


def stands_still() -> bool:
    """Return whether the time of this process stands still until it is moved."""
    return time_machine.escape_hatch.is_travelling()


class Clock:
    """The time for all code in this process, including moto.

    Waits, timeouts and durations use the machine's monotonic clock and are not affected.
    """

    def __init__(self, start: datetime | None) -> None:
        """Stand still at `start`, or run with the machine's clock if `start` is None."""
        self.live = start is None
        self._travel = None if start is None else time_machine.travel(start, tick=False)
        self._traveller = None if self._travel is None else self._travel.start()
        if self._travel is not None:
            # gRPC's loop waits until a wall-clock time. While the clock stands in the past, the loop would never wait
            # and would keep a core busy. gRPC has no public way to set its time.
            grpc._server.time = time_machine.escape_hatch.time  # noqa: SLF001

    @staticmethod
    def now() -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)

    def move_to(self, instant: datetime) -> None:
        """Move the clock forward to `instant`; it never moves back. A live clock is not moved."""
        if self._traveller is not None and instant > self.now():
            self._traveller.move_to(instant)

    def close(self) -> None:
        """Restore the machine's time in this process."""
        if self._travel is not None:
            grpc._server.time = time  # noqa: SLF001 - see above
            self._travel.stop()
