"""Remembers the keys of launches, so that a launch that comes twice is taken once.

A claim gets a key, and returns whether nobody has had it before. A key must be remembered for a day. The servers of a
fleet share one: a folder on a disk of all, or a server that knows all keys, such as Redis:

    Receiver(secrets, claim=lambda key: redis.set(f"jobs:{key}", 1, nx=True, ex=86400))
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Claim = Callable[[str], bool | None]

DAY = 86400.0
"""Seconds."""


def memory(clock: Callable[[], float] = time.monotonic) -> Claim:
    """Return a claim for a service of one process. The end of the process forgets the keys."""
    known: dict[str, float] = {}
    lock = threading.Lock()

    def claim(key: str) -> bool:
        with lock:
            for old in [one for one, since in known.items() if clock() - since > DAY]:
                del known[old]
            new = key not in known
            known.setdefault(key, clock())
            return new

    return claim


def folder(path: str | Path) -> Claim:
    """Return a claim for processes that share a folder. Whoever cleans up keeps the files of the last day.

    NotADirectoryError if it is not there: else each launch would fail.
    """
    place = Path(path)
    if not place.is_dir():
        raise NotADirectoryError(f"{path} is no folder")

    def claim(key: str) -> bool:
        try:
            (place / key).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    return claim
