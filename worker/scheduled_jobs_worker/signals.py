"""The signals of a worker's process: those that ask it to end, and those that tell that a child has ended."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from .clock import Clock

_ASK = (signal.SIGTERM, signal.SIGINT)


class AskedError(BaseException):
    """Ends a call that waits for work, when a signal asks the worker to end. No handler of errors may take it."""


class Signals:
    """The signals that have come. Whoever waits also waits for its file."""

    def __init__(self, clock: Clock) -> None:
        """Have got none."""
        self._clock = clock
        self._asked_at: float | None = None
        self._interruptible = False
        self._woken = self._wake = -1

    def is_asked(self) -> bool:
        """Whether somebody has asked the worker to end."""
        return self._asked_at is not None

    def grace_end(self, grace: float) -> float | None:
        """Return when a grace of so many seconds is over, by the steady clock; None before anybody has asked."""
        return None if self._asked_at is None else self._asked_at + grace

    def fileno(self) -> int:
        """Return the file that can be read when a signal has come, while they are installed."""
        return self._woken

    def clear(self) -> None:
        """Let the next wait last until the next signal."""
        with suppress(BlockingIOError):
            os.read(self._woken, 4096)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Raise AskedError in this block as soon as somebody asks the worker to end."""
        self._interruptible = True
        try:
            if self.is_asked():
                raise AskedError
            yield
        finally:
            self._interruptible = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Take the signals of this process; RuntimeError outside its main thread, where Python has none."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("run() must be called in the main thread: a worker is a process of its own")
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)
        before = {number: signal.getsignal(number) for number in (*_ASK, signal.SIGCHLD)}
        woken = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in _ASK:
            signal.signal(number, self._ask)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(woken)
            os.close(self._woken)
            os.close(self._wake)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked_at is None:
            self._asked_at = self._clock.steady()
        if self._interruptible:
            raise AskedError
