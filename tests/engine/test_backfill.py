"""Backfills on the real engine: of a direct and of a supervised job, killed in the midst and gone on with."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Fault, Kind
from tests.engine import supervised
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, text
from tests.engine.supervised import Asking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program
    from watch.records import Run, Tick

STACK = "backfilled"
WHERE = ("--group", f"scheduled-jobs-{STACK}", "--region", REGION)
SLEEP = ("sleep", "1")
JOBS = {"direct": Asking(command=SLEEP), "skipping": Asking("overlap='skip'", command=SLEEP)}
HOUR, LOOK, STEP = timedelta(hours=1), timedelta(minutes=5), timedelta(seconds=1)


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Deploy the jobs, and let three ticks pass, of which the first one fails."""
    with supervised.deployed(sandbox, make_program(STACK), JOBS) as made:
        for job in JOBS:
            made.stage(Fault(Kind.EXIT, code=3), job)
        for _ in range(3):
            sandbox.pass_hour(minutes=20)
        yield made


def period(alerting: Alerting) -> list[datetime]:
    """Return six ticks: three before the deployment, one that failed, and two that were good."""
    last = alerting.sandbox.now.replace(minute=0, second=0, microsecond=0)
    return [last - number * HOUR for number in range(5, -1, -1)]


def command(job: str, ticks: list[datetime], *options: str) -> list[str]:
    """Return the words of a backfill after the program's name."""
    return ["backfill", job, "--from", text(ticks[0]), "--to", text(ticks[-1]), *WHERE, *options]


def start(alerting: Alerting, words: list[str]) -> subprocess.Popen[str]:
    """Start a backfill."""
    return subprocess.Popen(
        [sys.executable, "-m", "ops", *words],
        cwd=alerting.program.source,
        env=alerting.program.stack.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def courses(alerting: Alerting, job: str, ticks: list[datetime]) -> list[str]:
    """Return what would become of each tick."""
    done = alerting.program.ops(*command(job, ticks, "--json"))
    assert done.returncode == 0, done.stderr
    return [one["course"] for one in json.loads(done.stdout)["ticks"]]


def recorded(alerting: Alerting, job: str, ticks: list[datetime]) -> list[Tick]:
    """Return the ticks as the ledger has them after a check."""
    alerting.sandbox.advance(LOOK)
    return alerting.ledger().ticks(job, text(ticks[0]), until=text(ticks[-1]))


def by_hand(ticks: list[Tick]) -> list[list[Run]]:
    """Return the runs of each tick that were started by hand."""
    return [[run for run in supervised.runs(tick) if run.by_hand] for tick in ticks]


def launched(alerting: Alerting, job: str) -> int:
    """Return how many runs of a job there have been."""
    return sum(run["job"] == job for run in alerting.sandbox.client.get("runs"))


PLAN = ["runs", "runs", "runs", "runs", "left out", "left out"]
ONCE = [1, 1, 1, 1, 0, 0]


def test_a_direct_job(alerting: Alerting) -> None:
    """After kill -9 amid the runs, the same command runs the rest: each tick once."""
    ticks = period(alerting)
    assert courses(alerting, "direct", ticks) == PLAN
    before = launched(alerting, "direct")
    with start(alerting, command("direct", ticks, "--run")) as killed:
        while launched(alerting, "direct") < before + 2:
            assert killed.poll() is None
        killed.kill()
    alerting.sandbox.advance(STEP)
    done = alerting.program.ops(*command("direct", ticks, "--run"))
    assert done.returncode == 0, done.stdout + done.stderr
    found = recorded(alerting, "direct", ticks)
    assert [tick.outcome for tick in found] == ["good"] * 6
    assert [len(runs) for runs in by_hand(found)] == ONCE
    assert courses(alerting, "direct", ticks) == ["left out"] * 6
    assert alerting.program.ops(*command("direct", ticks, "--run")).stdout == "No tick was run.\n"


def test_a_supervised_job(alerting: Alerting) -> None:
    """Each tick is sent when the one before is over, so none is skipped; a killed command is gone on with."""
    ticks = period(alerting)
    assert courses(alerting, "skipping", ticks) == PLAN
    before = launched(alerting, "skipping")
    with start(alerting, command("skipping", ticks, "--run", "--parallel", "3")) as killed:
        while launched(alerting, "skipping") < before + 2:
            assert killed.poll() is None
            alerting.sandbox.advance(STEP)
        killed.kill()
    with start(alerting, command("skipping", ticks, "--run", "--json")) as going_on:
        while going_on.poll() is None:
            alerting.sandbox.advance(STEP)
        told, err = going_on.communicate()
    assert going_on.returncode == 0, err
    assert {one["end"]["outcome"] for one in json.loads(told)["ticks"] if one["end"]} == {"good"}
    found = recorded(alerting, "skipping", ticks)
    assert [tick.outcome for tick in found] == ["good"] * 6
    assert [len(runs) for runs in by_hand(found)] == ONCE
    spans = sorted(supervised.span(run) for runs in by_hand(found) for run in runs)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))
