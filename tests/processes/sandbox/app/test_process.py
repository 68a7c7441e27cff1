"""The commands run as processes in the application's directory, like in a container."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import sandbox.app

from .conftest import TICK

if TYPE_CHECKING:
    from .conftest import Workshop

APP = Path(next(iter(sandbox.app.__path__)))


def start(workshop: Workshop, *command: str) -> subprocess.Popen[str]:
    """Start a command with only the standard library (-S leaves installed packages out)."""
    return subprocess.Popen(
        [sys.executable, "-S", "manage.py", *command],
        cwd=APP,
        env={"DATABASE": workshop.database, "JOB_SCHEDULED_TIME": TICK},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_command_needs_the_standard_library_only_and_leaves_its_directory_alone(workshop: Workshop) -> None:
    """A process prints its results, writes next to DATABASE, and adds no file (nor bytecode) to the application."""
    before = {path: path.stat().st_mtime_ns for path in APP.rglob("*")}
    out, err = start(workshop, "export_orders", "--format", "csv").communicate()
    written = workshop.directory / "exports" / "orders-20260328T020000Z.csv"
    assert (out.splitlines()[1], err) == (f"wrote {written}", "")
    assert written.is_file()
    assert {path: path.stat().st_mtime_ns for path in APP.rglob("*")} == before


def test_failure_is_the_exit_code_of_the_process(workshop: Workshop) -> None:
    """The exit code of a command is the exit code of the process."""
    process = start(workshop, "import_rates")
    assert process.communicate() == ("", "import_rates: no source of rates: set RATES_SOURCE or give --source\n")
    assert process.returncode == 3


def test_processes_that_start_at_once_share_a_new_database(workshop: Workshop) -> None:
    """The first process creates and fills the database, and all others wait and succeed."""
    commands = [("refresh_cache",), ("export_orders", "--format", "csv"), ("delete_expired", "--older-than", "30d")] * 3
    processes = [start(workshop, *command) for command in commands]
    results = [(process.communicate()[1], process.returncode) for process in processes]
    assert results == [("", 0)] * len(commands)
    assert workshop.query("SELECT count(*), count(DISTINCT placed_at) FROM orders") == [(2070, 2070)]
    assert workshop.query("SELECT count(*) FROM exports") == [(1,)]
