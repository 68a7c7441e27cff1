"""The sandbox's clock: stands still until it is told, or runs with the machine's."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import grpc._server
import time_machine


class Clock:
    """What time it is for everything in this process, moto included.

    Waiting, time-outs and durations go by the machine's monotonic clock and are not touched.
    """

    def __init__(self, start: datetime | None) -> None:
        """Stand still at `start`; None runs with the machine's clock."""
        self.live = start is None
        self._travel = None if start is None else time_machine.travel(start, tick=False)
        self._traveller = None if self._travel is None else self._travel.start()
        if self._travel is not None:
            # gRPC's loop waits until a moment of the calendar: while the clock stands in the past it would never wait,
            # and keep a core busy. There is no public way to tell it the time.
            grpc._server.time = time_machine.escape_hatch.time  # noqa: SLF001

    @staticmethod
    def now() -> datetime:
        """Tell the present moment, in UTC."""
        return datetime.now(UTC)

    def move_to(self, instant: datetime) -> None:
        """Go forward to `instant`; time never goes back. A live clock is where it is."""
        if self._traveller is not None and instant > self.now():
            self._traveller.move_to(instant)

    def close(self) -> None:
        """Give the process its own time back."""
        if self._travel is not None:
            grpc._server.time = time  # noqa: SLF001 - see above
            self._travel.stop()
