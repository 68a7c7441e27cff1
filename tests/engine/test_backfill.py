"""Backfills on the real engine: of a direct and of a supervised job, killed in the midst and gone on with."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from emulator.fault_injection.faults import Fault, Kind
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program
    from watch.records import Tick

STACK = "backfilled"
WHERE = ("--group", f"scheduled-jobs-{STACK}", "--region", REGION)
HOURLY = "cron(0 * * * ? *)"
JOBS = {"direct": "", "skipping": ", overlap='skip'"}
HOUR, LOOK, STEP = timedelta(hours=1), timedelta(minutes=5), timedelta(seconds=1)


def job_file(name: str, limits: str) -> str:
    """Return the file of a job that takes a second."""
    return f"from settings import Job\n\nJOB = Job(name={name!r}, owner='data', command=['sleep', '1']{limits})\n"


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Deploy the jobs, whose first tick of three fails."""
    with inbox(sandbox, "backfilled-inbox") as queue:
        program = make_program(STACK)
        program.write_jobs(files={name: job_file(name, limits) for name, limits in JOBS.items()})
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
                "scheduled-jobs:schedules": dict.fromkeys(JOBS, HOURLY),
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        program.up()
        made = Alerting(sandbox, program, queue)
        for job in JOBS:
            made.stage(Fault(Kind.EXIT, code=3), job)
        now = datetime.fromisoformat(sandbox.client.get("status")["now"])
        sandbox.advance(now.replace(minute=20, second=0, microsecond=0) + 3 * HOUR - now)
        yield made
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0


def period(alerting: Alerting) -> list[datetime]:
    """Return six ticks: three before the deployment, one that failed, and two that were good."""
    now = datetime.fromisoformat(alerting.sandbox.client.get("status")["now"])
    last = now.replace(minute=0, second=0, microsecond=0)
    return [last - number * HOUR for number in range(5, -1, -1)]


def command(job: str, ticks: list[datetime], *options: str) -> list[str]:
    """Return the words of a backfill after the command's name."""
    return ["backfill", job, "--from", ticks[0].isoformat(), "--to", ticks[-1].isoformat(), *WHERE, *options]


def start(alerting: Alerting, words: list[str]) -> subprocess.Popen[str]:
    """Start a backfill that is still to be killed, or awaited."""
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
    return [alerting.tick(job, tick) for tick in ticks]


def runs(alerting: Alerting, job: str) -> list[dict[str, Any]]:
    """Return the runs of a job."""
    return [run for run in alerting.sandbox.client.get("runs") if run["job"] == job]


PLAN = ["runs", "runs", "runs", "runs", "left out", "left out"]


def test_a_direct_job(alerting: Alerting) -> None:
    """After kill -9 amid the runs, the same command runs the rest: each tick once."""
    ticks = period(alerting)
    assert courses(alerting, "direct", ticks) == PLAN
    before = len(runs(alerting, "direct"))
    killed = start(alerting, command("direct", ticks, "--run"))
    with killed:
        while len(runs(alerting, "direct")) < before + 2:
            assert killed.poll() is None
        killed.kill()
    alerting.sandbox.advance(timedelta(seconds=30))
    done = alerting.program.ops(*command("direct", ticks, "--run"))
    assert done.returncode == 0, done.stdout + done.stderr
    found = recorded(alerting, "direct", ticks)
    assert [tick.outcome for tick in found] == ["good"] * 6
    assert [sum(run.by_hand for run in tick.runs.values()) for tick in found] == [1, 1, 1, 1, 0, 0]
    assert courses(alerting, "direct", ticks) == ["left out"] * 6
    assert alerting.program.ops(*command("direct", ticks, "--run")).stdout == "No tick was run.\n"


def test_a_supervised_job(alerting: Alerting) -> None:
    """Each tick is sent when the one before is over, so none is skipped; a killed command is gone on with."""
    ticks = period(alerting)
    assert courses(alerting, "skipping", ticks) == PLAN
    before = len(runs(alerting, "skipping"))
    killed = start(alerting, command("skipping", ticks, "--run", "--parallel", "3"))
    with killed:
        while len(runs(alerting, "skipping")) < before + 2:
            assert killed.poll() is None
            alerting.sandbox.advance(STEP)
        killed.kill()
    going_on = start(alerting, command("skipping", ticks, "--run", "--json"))
    with going_on:
        while going_on.poll() is None:
            alerting.sandbox.advance(STEP)
        assert going_on.stdout is not None
        assert going_on.stderr is not None
        told, err = going_on.stdout.read(), going_on.stderr.read()
    assert going_on.returncode == 0, err
    assert {one["end"]["outcome"] for one in json.loads(told)["ticks"] if one["end"]} == {"good"}
    found = recorded(alerting, "skipping", ticks)
    assert [tick.outcome for tick in found] == ["good"] * 6
    by_hand = [[run for run in tick.runs.values() if run.by_hand] for tick in found]
    assert [len(some) for some in by_hand] == [1, 1, 1, 1, 0, 0]
    spans = sorted((run.created or "", run.stopped or "") for some in by_hand for run in some)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))
