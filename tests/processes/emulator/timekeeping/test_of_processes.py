"""Processes beside the sandbox have its clock."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from emulator.timekeeping.clock import Clock

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2027, 3, 28, 0, 59, 59, 123456, tzinfo=UTC)
TELL = "import datetime, time; print(datetime.datetime.now(datetime.UTC).isoformat(), time.time(), flush=True)"
WORK = f"""
import multiprocessing, subprocess, sys, time
before = time.monotonic()
for _ in sys.stdin:
    {TELL}
    subprocess.run([sys.executable, "-c", {TELL!r}])
    child = multiprocessing.get_context("fork").Process(target=exec, args=({TELL!r},))
    child.start()
    child.join()
assert 0 < time.monotonic() - before < 60
"""


def test_a_process_and_its_children_have_the_time_that_the_clock_shows(tmp_path: Path) -> None:
    """Also while the clock moves; durations are the machine's."""
    with closing(Clock(START, tmp_path / "clock")) as clock:
        environment = {"PATH": os.defpath, **clock.environment()}
        process = subprocess.Popen(
            [sys.executable, "-c", WORK], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            for _ in range(2):
                process.stdin.write("\n")
                process.stdin.flush()
                now = clock.now()
                expected = f"{now.isoformat()} {now.timestamp()}\n"
                assert [process.stdout.readline() for _ in range(3)] == [expected] * 3
                clock.move_to(now + timedelta(days=9))
        assert process.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["clock"]


def test_a_live_clock_is_that_of_the_machine(tmp_path: Path) -> None:
    """Nothing is shown, and nothing changes for a process."""
    with closing(Clock(None, tmp_path / "clock")) as clock:
        assert clock.environment() == {}
    assert not list(tmp_path.iterdir())


def test_a_python_that_cannot_have_the_time_says_so(tmp_path: Path) -> None:
    """Its services would refuse all requests as too old."""
    (tmp_path / "time_machine.py").write_text("raise ModuleNotFoundError")
    with closing(Clock(START, tmp_path / "clock")) as clock:
        variables = dict(clock.environment())
        variables["PYTHONPATH"] += f"{os.pathsep}{tmp_path}"
        done = subprocess.run(
            [sys.executable, "-c", "print('works')"],
            env={"PATH": os.defpath, **variables},
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout == "works\n"
    assert "no package time-machine: install that, or start the sandbox with `up --live`" in done.stderr
