"""Jobs that the processes of a service begin by themselves, on the real engine, with three real processes."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox, text
from tests.engine.operators import ACCOUNT
from tests.engine.serving import PLACEMENT, Service, grants, serving
from tests.engine.supervised import HOURLY, outcomes, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from sandbox.stacks import Stack
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "timers"
CLUSTER = "ticking"
GROUP = f"scheduled-jobs-{STACK}"
ROLE = f"{CLUSTER}-task"
PLATFORM = {
    "cluster": CLUSTER,
    "subnets": ["subnet-0a0000000000000f3"],
    "securityGroups": ["sg-010000000000000f3"],
    "taskDefinitions": {"shop": {"image": "app"}},
    "services": {"shop": "shop"},
    "statements": {f"arn:aws:iam::{ACCOUNT}:role/{ROLE}": grants(GROUP)},
}
JOB = "sweep"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def alerting(
    sandbox: Sandbox, make_platform: Callable[[Mapping[str, Any]], Stack], make_program: Callable[[str], Program]
) -> Iterator[Alerting]:
    """Deploy a service, and a job that its processes begin."""
    platform = make_platform(PLATFORM)
    program = make_program(STACK)
    asked = f"in_process=InProcess(), placement={PLACEMENT!r}, start_deadline='5m'"
    program.write_jobs(
        files={JOB: f"from settings import InProcess, Job\n\nJOB = Job(name={JOB!r}, owner='shop', {asked})\n"}
    )
    with inbox(sandbox, STACK) as queue:
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {PLACEMENT: {"service": {"cluster": CLUSTER, "name": "shop"}}},
                "scheduled-jobs:schedules": {JOB: HOURLY},
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        program.up()
        assert program.run("up", "--expect-no-changes").code == 0
        yield Alerting(sandbox, program, queue)
        assert program.run("destroy").code == 0
    platform.run("destroy", "--yes", "--skip-preview", quiet=True)


@pytest.fixture
def service(sandbox: Sandbox, alerting: Alerting) -> Iterator[Service]:
    """Have the service, without processes."""
    del alerting
    with serving(sandbox, GROUP, ROLE) as found:
        yield found


def ask(service: Service, tick: datetime, count: int = 3) -> list[int]:
    """Let the timers of processes come to a tick; return the tokens of those that have it."""
    started = [service.start("once", JOB, text(tick)) for _ in range(count)]
    return [token for process in started if (token := process.logged("asked")["token"]) is not None]


def outcome(alerting: Alerting, tick: datetime) -> tuple[str, list[str]]:
    """Return the outcome of a tick, and those of its runs."""
    found = alerting.tick(JOB, tick)
    return found.outcome, outcomes(found)


def test_one_of_three(sandbox: Sandbox, alerting: Alerting, service: Service) -> None:
    """One process has a tick, and the ledger has who. One that comes later has nothing to do."""
    tick = sandbox.pass_hour(minutes=0)
    assert len(ask(service, tick)) == 1
    job = service.job()
    service.until(lambda: outcome(alerting, tick) == ("running", ["running"]))
    job.order("end")
    service.until(lambda: outcome(alerting, tick) == ("good", ["good"]))
    assert ask(service, tick) == []
    [run] = runs(alerting.tick(JOB, tick))
    assert run.worker
    sandbox.advance(10 * MINUTE)
    assert alerting.told(JOB, tick) == []
    assert run.task.rpartition("/")[2] in alerting.program.ops("history", "--stack", STACK, JOB).stdout


def test_nobody_and_a_failure(sandbox: Sandbox, alerting: Alerting, service: Service) -> None:
    """A tick that no process has claimed in time is alerted, an error too, and then that a run was good."""
    late = sandbox.pass_hour(minutes=10)
    assert outcome(alerting, late) == ("too-late", [])
    assert alerting.told(JOB, late) == [("alert", "too-late", text(late))]

    failed = sandbox.pass_hour(minutes=0)
    ask(service, failed)
    service.job().order("fail")
    service.until(lambda: outcome(alerting, failed) == ("failed", ["failed"]))
    [run] = runs(alerting.tick(JOB, failed))
    assert run.reason == "ValueError: no rates today"

    good = sandbox.pass_hour(minutes=0)
    ask(service, good)
    service.job().order("end")
    service.until(lambda: outcome(alerting, good) == ("good", ["good"]))
    service.until(lambda: alerting.told(JOB, late)[-1][0] == "recovered")


def test_killed_holder(sandbox: Sandbox, alerting: Alerting, service: Service) -> None:
    """A tick whose process was killed is interrupted. Another process may have it then, with a greater token."""
    tick = sandbox.pass_hour(minutes=0)
    [first] = ask(service, tick)
    job = service.job()
    os.kill(job.told["worker"], signal.SIGKILL)
    assert job.has_ended()
    assert ask(service, tick) == []
    service.until(lambda: outcome(alerting, tick)[0] == "interrupted", MINUTE)
    [second] = ask(service, tick)
    assert second > first
    service.job().order("end")
    service.until(lambda: outcome(alerting, tick)[0] == "good")
