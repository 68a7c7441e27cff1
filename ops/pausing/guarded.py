"""Runs a command so that what must follow it does follow, however the command or this process is asked to end."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType, TracebackType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a process to end: Ctrl-C, `kill`, and a terminal that is closed."""
_BY_SIGNAL = 128
"""A shell's exit code for a command that a signal ended is this and the signal's number."""


class AskedToEnd(Exception):  # noqa: N818 - it is no mistake
    """A signal asked this process to end before its command was started."""


class Guard:
    """Takes the signals that ask this process to end, from `with` to its end.

    Until the command is started, a signal raises AskedToEnd. Then signals are passed on to it, and this process waits
    for its end. After `finish` they are ignored.
    """

    def __init__(self) -> None:
        """Take no signal yet."""
        self._command: subprocess.Popen[bytes] | None = None
        self._starting = self._finishing = False
        self._early: list[int] = []
        """Signals that came while the command was being started."""

    def __enter__(self) -> Self:
        """Take the signals from now on."""
        self._before = {number: signal.signal(number, self._take) for number in _ENDING}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the signals do again what they did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def run(self, words: Sequence[str]) -> int:
        """Run a command to its end, and return its exit code as a shell does; OpsError when it cannot be started."""
        self._starting = True
        try:
            self._command = subprocess.Popen(words)
        except OSError as error:
            raise OpsError(f"the command '{words[0]}' cannot be started: {error.strerror}") from None
        while self._early:
            self._pass_on(self._command, self._early.pop(0))
        code = self._command.wait()
        return _BY_SIGNAL - code if code < 0 else code

    def finish(self) -> None:
        """Ignore the signals from now on, so that what must be done is done."""
        self._finishing = True

    def _take(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._finishing:
            with suppress(OSError):  # of a terminal that was closed
                sys.stderr.write("\nstill resuming; kill -9 would leave that to the watch\n")
        elif self._command is not None:
            self._pass_on(self._command, number)
        elif self._starting:
            self._early.append(number)
        else:
            raise AskedToEnd(signal.Signals(number).name)

    @staticmethod
    def _pass_on(command: subprocess.Popen[bytes], number: int) -> None:
        if number != signal.SIGINT or not sys.stdin.isatty():  # a terminal sends Ctrl-C to the command itself
            command.send_signal(number)
