"""One thing at a time, where what is done may ask for more of the same."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class Turns:
    """Has actions done one after another, in whichever thread asks, or finds them left to do."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._lock = threading.Lock()
        self._left: deque[Callable[[], object]] = deque()

    def wait_for(self, action: Callable[[], Result]) -> Result:
        """Do `action` when it is its turn, and give its result. An action may not wait for another one here."""
        try:
            with self._lock:
                return action()
        finally:
            self._do_what_is_left()

    def leave(self, action: Callable[[], object]) -> None:
        """Do `action` now when nothing else is being done; otherwise leave it to whoever is at it, and return."""
        self._left.append(action)
        self._do_what_is_left()

    def _do_what_is_left(self) -> None:
        """Look again after each turn: what was left while the lock was held is nobody else's."""
        while self._left and self._lock.acquire(blocking=False):
            try:
                if self._left:
                    self._left.popleft()()
            finally:
                self._lock.release()
