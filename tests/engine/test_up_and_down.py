"""`python -m sandbox up` and `down`, as they are typed, and what happens when something is killed in between."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.engine.checkout import Checkout, copy_checkout

if TYPE_CHECKING:
    from collections.abc import Iterator

MONDAY = "2026-03-02T00:00"
"""A day on which every job of stack `sandbox` runs."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Copy the checkout; end its sandbox even when a test has failed."""
    made = copy_checkout(tmp_path_factory.mktemp("up") / "checkout")
    yield made
    made.session.remove()


def test_recovers_and_leaves_nothing(checkout: Checkout) -> None:
    """After a killed `up`, and after a killed server, the next `up` succeeds; `down` leaves no process and no file."""
    cut_off = kill_while_deploying(checkout)
    shown = up(checkout, "--at", MONDAY)
    assert shown["changes"] > 0
    assert {(run["job"], run["exitCode"]) for run in shown["newRuns"]} == {
        ("nightly-report", 0),
        ("cleanup", 0),
        ("refresh-cache", 0),
        ("import-rates", 3),
        ("export-orders", 0),
        ("drift-check", 0),
    }
    [mail] = json.loads(checkout.run("mail", "--json").stdout)
    [failed] = [run for run in shown["newRuns"] if run["exitCode"]]
    assert mail["subject"] == "[sandbox] import-rates failed: exit code 3"
    assert failed["logStream"].replace("/", "$252F") in mail["body"]

    again = up(checkout)
    assert (again["changes"], again["newRuns"]) == (0, [])

    running = server_of(checkout)
    running.kill()
    psutil.wait_procs([running], timeout=10)
    dead = checkout.run("status")
    assert (dead.returncode, dead.stdout) == (1, "")
    assert "no sandbox is running here; start one with: make up" in dead.stderr
    anew = up(checkout, "--live")
    assert anew["live"]
    assert anew["changes"] > 0

    started = [running, server_of(checkout), *cut_off]
    assert checkout.run("down").returncode == 0
    assert [process for process in started if not has_ended(process)] == []
    assert not checkout.session.folder.exists()
    assert checkout.run("down").stdout == "There was no sandbox to stop.\n"


def kill_while_deploying(checkout: Checkout) -> list[psutil.Process]:
    """Kill `up`, and nothing else, when it has begun to create the jobs; return what it had started."""
    with checkout.start("up") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "aws:" in line and "creating" in line:
                break
        started = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        process.stdout.close()
    assert checkout.session.cut_off
    return [*started, server_of(checkout)]


def up(checkout: Checkout, *flags: str) -> dict[str, Any]:
    """Run `up --json`, and insist that it succeeds."""
    done = checkout.run("up", "--json", *flags)
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def server_of(checkout: Checkout) -> psutil.Process:
    """Return the process of the server that runs."""
    server = checkout.session.server()
    assert server is not None
    return psutil.Process(server.pid)


def has_ended(process: psutil.Process) -> bool:
    """Tell whether a process is gone; one whose parent was killed may stay in the table of processes for a while."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
