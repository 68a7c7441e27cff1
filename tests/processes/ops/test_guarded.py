"""Tests that a guarded command and this process end in order, whatever signal asks them to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.pausing.guarded import AskedToEnd, Guard

ROOT = Path(__file__).parents[3]
GUARDED = """
import signal, sys
from ops.pausing.guarded import AskedToEnd, Guard
with Guard() as guard:
    try:
        if sys.argv[1] == "before":
            print("ready", flush=True)
            signal.pause()
        code = guard.run(sys.argv[2:])
    except AskedToEnd as asked:
        code = f"not started: {asked}"
    finally:
        guard.finish()
        if sys.argv[1] == "after":
            print("ready", flush=True)
            sys.stdin.readline()
        print("done", flush=True)
print(code, flush=True)
"""
UNTIL_TOLD = """
import signal, sys
def end(number, frame):
    sys.exit(7)
signal.signal(int(sys.argv[1]), end)
print("ready", flush=True)
while True:
    signal.pause()
"""
FOREVER = "import signal\nprint('ready', flush=True)\nwhile True: signal.pause()"


def guarded(when: str, *words: str) -> subprocess.Popen[str]:
    """Start a guarded command in a process of its own, and return it when it is ready."""
    started = subprocess.Popen(
        [sys.executable, "-c", GUARDED, when, *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_ends_the_command_first(number: signal.Signals) -> None:
    """A signal is passed on; what must follow is done when the command has ended, and its exit code is returned."""
    started = guarded("during", sys.executable, "-c", UNTIL_TOLD, str(int(number)))
    started.send_signal(number)
    assert started.communicate()[0] == "done\n7\n"


def test_a_command_that_is_killed_has_a_shell_s_exit_code() -> None:
    """A command that does not handle a signal is ended by it."""
    started = guarded("during", sys.executable, "-c", FOREVER)
    started.send_signal(signal.SIGTERM)
    assert started.communicate()[0] == f"done\n{128 + signal.SIGTERM}\n"


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_before_the_command(number: signal.Signals) -> None:
    """A signal that comes before the command is started keeps it from being started."""
    started = guarded("before", sys.executable, "-c", FOREVER)
    started.send_signal(number)
    assert started.communicate()[0] == f"done\nnot started: {number.name}\n"


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_after_the_command(number: signal.Signals) -> None:
    """A signal that comes while the rest is done does not cut it off."""
    started = guarded("after", sys.executable, "-c", "raise SystemExit(3)")
    started.send_signal(number)
    assert started.communicate("\n")[0] == "done\n3\n"


def test_the_signals_do_afterwards_what_they_did_before() -> None:
    """Outside of `with` nothing is different."""
    before = [signal.getsignal(number) for number in ENDING]
    with Guard() as guard:
        assert [signal.getsignal(number) for number in ENDING] != before
        with pytest.raises(AskedToEnd, match="SIGTERM"):
            os.kill(os.getpid(), signal.SIGTERM)
        assert guard.run([sys.executable, "-c", ""]) == 0
    assert [signal.getsignal(number) for number in ENDING] == before


def test_no_such_command() -> None:
    """A command that does not exist is an error that names it."""
    with Guard() as guard, pytest.raises(OpsError, match="cannot be started: No such file"):
        guard.run(["./nothing"])
