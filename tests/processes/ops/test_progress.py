"""Tests of the line that shows what a command is doing, on a terminal that is a pair of file descriptors."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.session import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOW = """
import sys
from ops import progress
with progress.of("reading 12 jobs") as say:
    sys.stdin.readline()
    with progress.of("asking ECS"):
        sys.stdin.readline()
    say("reading job 7")
    sys.stdin.readline()
    sys.stderr.write("warning: something\\n")
print("the result")
"""
FAST = """
from ops import progress
with progress.of("reading 12 jobs"):
    pass
print("the result")
"""
ERASED = "\x1b[2K"
"""Erases a line (ECMA-48, EL)."""
COLOUR = re.compile(r"\x1b\[[0-9;]+m")


class Terminal:
    """A terminal for the standard error of a program, and what it has received."""

    def __init__(self) -> None:
        """Open the terminal."""
        self._ours, self.theirs = pty.openpty()
        self.received = ""

    def until(self, text: str) -> None:
        """Read until a text comes."""
        begin = len(self.received)
        while text not in self.received[begin:]:
            self.received += os.read(self._ours, 1024).decode()

    def rest(self) -> str:
        """Read to the end, when the program has closed its side."""
        os.close(self.theirs)
        while True:
            try:
                more = os.read(self._ours, 1024).decode()
            except OSError:  # Linux's answer when nobody has the other side open
                more = ""
            if not more:
                return self.received
            self.received += more

    def close(self) -> None:
        """Close our side."""
        os.close(self._ours)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """Return a terminal."""
    found = Terminal()
    yield found
    found.close()


def start(program: str, stderr: int, **environment: str) -> subprocess.Popen[str]:
    """Start a program whose standard input and output are pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=CHECKOUT,
        env=os.environ | {"TERM": "xterm-256color"} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def go_on(program: subprocess.Popen[str]) -> None:
    """Let a program read the next line."""
    assert program.stdin
    program.stdin.write("\n")
    program.stdin.flush()


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"PYTHONIOENCODING": "ascii"}], ids=str)
def test_a_terminal_shows_what_is_done(terminal: Terminal, environment: dict[str, str]) -> None:
    """The line changes with what is done, a warning comes above it, and nothing of it is left."""
    with start(SLOW, terminal.theirs, **environment) as program:
        terminal.until("reading 12 jobs")
        go_on(program)
        terminal.until("asking ECS")
        go_on(program)
        terminal.until("reading job 7")
        out, _ = program.communicate("\n")
    received = terminal.rest()
    assert out == "the result\n"
    assert program.returncode == 0
    assert "warning: something\r\n" in received
    assert received.rpartition("reading job 7")[2].endswith(ERASED)
    if environment.get("NO_COLOR"):
        assert not COLOUR.search(received)


def test_a_fast_command_shows_nothing(terminal: Terminal) -> None:
    """A line that comes and goes at once would only flicker."""
    with start(FAST, terminal.theirs) as program:
        out, _ = program.communicate()
    assert out == "the result\n"
    assert terminal.rest() == ""


def test_a_pipe_shows_nothing() -> None:
    """Only a terminal has a line that goes away."""
    with start(SLOW, subprocess.PIPE, FORCE_COLOR="1") as program:
        out, err = program.communicate("\n\n\n")
    assert (out, err) == ("the result\n", "warning: something\n")
