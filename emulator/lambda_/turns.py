"""Runs actions one at a time, where an action may ask for further actions."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class Turns:
    """Runs actions one after another, in the thread that asks for an action or in a thread that runs one already."""

    def __init__(self) -> None:
        """Start without actions."""
        self._lock = threading.Lock()
        self._left: deque[Callable[[], object]] = deque()

    def wait_for(self, action: Callable[[], Result]) -> Result:
        """Run `action` when no other action runs, and return its result. An action must not call this method."""
        try:
            with self._lock:
                return action()
        finally:
            self._do_what_is_left()

    def leave(self, action: Callable[[], object]) -> None:
        """Run `action` now if no other action runs; otherwise leave it to the thread that runs one, and return."""
        self._left.append(action)
        self._do_what_is_left()

    def _do_what_is_left(self) -> None:
        """Run the actions that were left; check again after each, because another thread may have left one since."""
        while self._left and self._lock.acquire(blocking=False):
            try:
                if self._left:
                    self._left.popleft()()
            finally:
                self._lock.release()
