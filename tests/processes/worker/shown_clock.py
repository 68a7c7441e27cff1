"""A clock that several processes share, and that stands still until a test moves it."""

from __future__ import annotations

import mmap
import os
import select
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_TIME = struct.Struct("d")
_LOOKS = 0.005
"""Seconds between two looks at the time by a process that waits."""


class ShownClock:
    """The seconds since 1970 that a file shows, for a worker and the processes that it forks."""

    def __init__(self, shown: Path) -> None:
        """Open the file, which `show` has written."""
        number = os.open(shown, os.O_RDWR)
        self._memory = mmap.mmap(number, _TIME.size)
        os.close(number)

    @classmethod
    def show(cls, shown: Path, time: float) -> ShownClock:
        """Write the file."""
        shown.write_bytes(_TIME.pack(time))
        return cls(shown)

    def move(self, seconds: float) -> None:
        """Move the clock forward."""
        self._memory[:] = _TIME.pack(self.now() + seconds)

    def now(self) -> float:
        """Return the time."""
        found: float = _TIME.unpack(self._memory[:])[0]
        return found

    def steady(self) -> float:
        """Return the time."""
        return self.now()

    def wait(self, files: Sequence[int], seconds: float) -> None:
        """Wait for a file, or for the clock."""
        end = self.now() + seconds
        while self.now() < end and not select.select(files, [], [], _LOOKS)[0]:
            pass
