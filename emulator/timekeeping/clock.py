"""The sandbox's clock: it stands still until it is moved, or runs with the machine's clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import grpc._server
import time_machine

if TYPE_CHECKING:
    from collections.abc import Mapping

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OF_PROCESSES = Path(__file__).with_name("of_processes")


def stands_still() -> bool:
    """Return whether the time of this process stands still until it is moved."""
    return time_machine.escape_hatch.is_travelling()


class Clock:
    """The time for all code in this process, including moto.

    Waits, timeouts and durations use the machine's monotonic clock and are not affected.
    """

    def __init__(self, start: datetime | None, shown: Path | None = None) -> None:
        """Stand still at `start`, or run with the machine's clock if `start` is None.

        A clock that stands still is shown in the symbolic link `shown`, whose text is the nanoseconds since 1970. A
        file that replaces another one is written to the disk at once, which takes some milliseconds at each moment.
        """
        self.live = start is None
        self._shown = None if self.live else shown
        if start is not None:
            self._show(start)
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
            self._show(instant)  # first, so that no process learns of what happens then while it has the old time
            self._traveller.move_to(instant)

    def environment(self) -> Mapping[str, str]:
        """Return the variables with which a Python process has this clock; none while it is the machine's."""
        if self._shown is None:
            return {}
        return {"SANDBOX_CLOCK": str(self._shown), "PYTHONPATH": str(_OF_PROCESSES)}

    def _show(self, instant: datetime) -> None:
        if self._shown is None:
            return
        written = self._shown.with_suffix(".new")
        written.unlink(missing_ok=True)
        written.symlink_to(str((instant - _EPOCH) // _MICROSECOND * 1000))
        written.replace(self._shown)

    def close(self) -> None:
        """Restore the machine's time in this process."""
        if self._travel is not None:
            grpc._server.time = time  # noqa: SLF001 - see above
            self._travel.stop()
