"""Prints the progress of long steps: a line when a step begins, and one every few seconds while it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from typing import IO, TYPE_CHECKING

from toolchain.errors import ToolchainError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# Seconds between two lines of one step: often enough to show that it still runs, and not too often for a log.
HEARTBEAT = 15.0

# How many lines of a failed command's output are shown. The cause is at the end.
SHOWN_LINES = 15


def say(text: str) -> None:
    """Print a line of progress to standard error, since standard output belongs to the command that follows."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


def elapsed(seconds: float) -> str:
    """Return a duration as text, in whole seconds: `45 s`, `2 min 05 s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def run(  # noqa: PLR0913 - each is one property of the command
    command: Sequence[str | Path],
    doing: str,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    detail: Callable[[str], str] = lambda _output: "",
    heartbeat: float = HEARTBEAT,
) -> None:
    """Run a command to its end, and print a line every `heartbeat` seconds with the step and its duration.

    `detail` returns a remark for that line from the output so far. A command that fails or does not exist raises
    `ToolchainError` with the end of its output. The command never outlives this call.
    """
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        except OSError as error:
            raise ToolchainError(f"{doing}: {command[0]}: {error.strerror}") from error
        try:
            while not _ended(process, heartbeat):
                remark = detail(_read(output))
                say(f"{doing}: {elapsed(time.monotonic() - started)}{', ' if remark else ''}{remark}")
        finally:
            _end(process)
        if process.returncode:
            raise ToolchainError(f"{doing}: {command[0]} ended with {process.returncode}:\n{last_lines(_read(output))}")


def last_lines(output: str, count: int = SHOWN_LINES) -> str:
    """Return the last lines of a command's output that are not empty, indented."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    return "\n".join(f"    {line}" for line in lines[-count:]) or "    (no output)"


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        if not _ended(process, 5):
            process.kill()
            process.wait()


def _read(output: IO[bytes]) -> str:
    # The command writes to the same open file, so a plain read would move its write position.
    descriptor = output.fileno()
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")
