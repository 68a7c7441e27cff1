"""Long steps that say how they are doing: one line as a step begins, and one every so often while it lasts."""

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

# Seconds between two lines of one step: often enough to see that it lives, seldom enough for a log.
HEARTBEAT = 15.0

# How many lines of a failed command's output are shown: the cause stands at the end.
SHOWN_LINES = 15


def say(text: str) -> None:
    """Print one line of progress. It goes to standard error: standard output belongs to the command that follows."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


def elapsed(seconds: float) -> str:
    """Return a duration in words, whole seconds: `45 s`, `2 min 05 s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def run(  # noqa: PLR0913 - each names one property of the command
    command: Sequence[str | Path],
    doing: str,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    detail: Callable[[str], str] = lambda _output: "",
    heartbeat: float = HEARTBEAT,
) -> None:
    """Run a command to its end, with a line every `heartbeat` seconds that says what it is doing and for how long.

    `detail` makes a remark for that line from the output so far. A command that fails, or is not there, raises
    `ToolchainError` with the end of its output. The command never outlives this call, however that ends.
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
    # The command writes through the same open file: a plain read would move the place where it writes next.
    descriptor = output.fileno()
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")
