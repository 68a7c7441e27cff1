"""`python -m sandbox up` and `down`, as they are typed, and what happens when something is killed in between."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from sandbox.session import CHECKOUT
from tests.engine.checkout import Checkout, copy_checkout

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = "2026-11-26T00:00"
"""The day of the README. Every job of stack `sandbox` runs on it."""
TASK = re.compile(r"\b[0-9a-f]{32}\b")
LENGTH = re.compile(r"\b\d+ s(econds?)?\b")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Copy the checkout; end its sandbox even when a test has failed."""
    made = copy_checkout(tmp_path_factory.mktemp("up") / "checkout")
    yield made
    made.session.remove()


@dataclass(frozen=True)
class Deployed:
    """A sandbox in which the second `up` has deployed the stack."""

    checkout: Checkout
    cut_off: list[psutil.Process]
    """What the first `up` had started when it was killed."""
    shown: dict[str, Any]
    """What the second one printed."""


@pytest.fixture(scope="module")
def deployed(checkout: Checkout) -> Deployed:
    """Kill an `up` amid its work, and type it again."""
    cut_off = kill_while_deploying(checkout)
    return Deployed(checkout, cut_off, up(checkout, "--at", DAY))


def test_deploys_after_a_killed_up(deployed: Deployed) -> None:
    """The next `up` succeeds and runs the jobs of the day; another one has nothing to do."""
    checkout, shown = deployed.checkout, deployed.shown
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


def test_transcript_of_the_readme(deployed: Deployed) -> None:
    """From the alert to the cause and a rerun: the commands print what the README shows."""
    for command, shown in transcript():
        assert typed(deployed.checkout, command) == shown


def test_recovers_and_leaves_nothing(deployed: Deployed) -> None:
    """After a killed server the next `up` succeeds; `down` leaves no process and no file."""
    checkout = deployed.checkout
    running = server_of(checkout)
    running.kill()
    psutil.wait_procs([running], timeout=10)
    dead = checkout.run("status")
    assert (dead.returncode, dead.stdout) == (1, "")
    assert "no sandbox is running here; start one with: make up" in dead.stderr
    anew = up(checkout, "--live")
    assert anew["live"]
    assert anew["changes"] > 0

    started = [running, server_of(checkout), *deployed.cut_off]
    assert checkout.run("down").returncode == 0
    assert [process for process in started if not has_ended(process)] == []
    assert not checkout.session.folder.exists()
    assert checkout.run("down").stdout == "There was no sandbox to stop.\n"


def transcript() -> list[tuple[list[str], str]]:
    """Return the commands that the README's section for people on call shows with their output."""
    section = (CHECKOUT / "README.md").read_text("utf-8").partition("\n## On call\n")[2].partition("\n## ")[0]
    blocks = [dedent(block).strip("\n") for block in re.findall(r"(?:^(?:    .*)?\n)+", section, re.MULTILINE)]
    shown = [part for block in blocks if block for part in block.split("\n\n")]
    assert [command.partition(" --")[0] for command in shown[::2]] == [
        f"python -m ops {name}" for name in ("list", "history", "logs", "rerun")
    ]
    return [(shlex.split(command), masked(output)) for command, output in zip(shown[::2], shown[1::2], strict=True)]


def typed(checkout: Checkout, command: list[str]) -> str:
    """Type a command in the checkout, and return its standard output without the ids of tasks."""
    done = subprocess.run(
        [sys.executable, *command[1:]],
        cwd=checkout.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return masked(done.stdout.rstrip("\n").replace("Watch it: python ", "Watch it: .venv/bin/python "))


def masked(text: str) -> str:
    """Return a text without what is different each time."""
    return LENGTH.sub("<length>", TASK.sub("<task>", text))


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
