"""A container of a task as a process of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from emulator.ecs.task import Container

_DRAIN = 1.0
"""Seconds to wait for output after a process ended; a child outside its process group may keep the pipe open."""


class ContainerProcess:
    """A process, with the lines that it writes."""

    def __init__(self, process: subprocess.Popen[str], elapsed: Callable[[], datetime]) -> None:
        """Read the lines of a process; `elapsed` is the clock by which they are written."""
        self._process = process
        self._elapsed = elapsed
        self._lines: list[tuple[datetime, str]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @classmethod
    def started(
        cls, container: Container, directory: Path, environment: Mapping[str, str], elapsed: Callable[[], datetime]
    ) -> Self:
        """Start a container; OSError or ValueError if that is not possible."""
        working = container.definition.get("workingDirectory", "")
        place = directory / working.lstrip("/")
        if not place.is_dir():
            raise ValueError(f"the working directory {working} does not exist")
        return cls(_spawned(container.command, place, environment), elapsed)

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def has_ended(self) -> bool:
        """Return whether the process has ended."""
        return self._process.poll() is not None

    def wait(self, seconds: float | None = None) -> bool:
        """Return whether the process has ended, after a wait."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def result(self) -> tuple[int, datetime, list[tuple[datetime, str]]]:
        """Wait for the end of the process. Return its exit code, when it ended, and its lines with their times."""
        code = self._process.wait()
        ended = self._elapsed()
        # A container ends with its first process.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._reader.join(_DRAIN)
        # A line may be read after the process ended, but the process wrote it before it ended.
        lines = [(min(at, ended), text) for at, text in self._lines]
        # Shells and ECS report the end by signal N as exit code 128 + N.
        return 128 - code if code < 0 else code, ended, lines

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and its process group, unless the process has ended."""
        with suppress(ProcessLookupError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, number)

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        with self._process.stdout as output:
            self._lines.extend((self._elapsed(), line.rstrip("\n")) for line in output)


def succeeds(command: Sequence[str], directory: Path, environment: Mapping[str, str], seconds: float) -> bool:
    """Return whether a command ends with 0 within these seconds."""
    try:
        process = _spawned(command, directory, environment)
    except OSError:
        return False
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return False
    return process.returncode == 0


def stopwatch(begun: datetime) -> Callable[[], datetime]:
    """Return a clock that starts at `begun` and runs with the machine's time; the sandbox's clock may stand still."""
    since = time.monotonic()
    return lambda: begun + timedelta(seconds=time.monotonic() - since)


def _spawned(command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
