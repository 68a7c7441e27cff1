"""A job that gets an image of its own, and gives it up again, with its runs and its ticks in flight."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Fault, Kind
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox
from tests.engine.own_images import ELSEWHERE, HOURLY, job_file
from tests.engine.supervised import QUARTERLY, outcomes, printed, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "kinds"
KINDS = {"container": None, "image": ELSEWHERE}
DIRECT, RETRIED, QUEUED = "direct", "retried", "queued"
KEEPS = "keeps"
"""A job that has an image all the time, with which the log group stays."""
ASKS: dict[str, dict[str, object]] = {
    DIRECT: {"longest_run": 60},
    RETRIED: {"retries": 1, "backoff": "10m"},
    QUEUED: {"overlap": "queue", "longest_run": 60},
}


def write(program: Program, kind: str) -> None:
    """Write the jobs as those of a kind. Each prints which it is."""
    files = {name: job_file(name, KINDS[kind], f"print({kind!r})", **asks) for name, asks in ASKS.items()}
    program.write_jobs(files={**files, KEEPS: job_file(KEEPS, ELSEWHERE, "print(1)")})


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Deploy jobs in containers of the service's task definition."""
    with inbox(sandbox, f"{STACK}-inbox") as queue:
        program = make_program(STACK)
        write(program, "container")
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
                "scheduled-jobs:schedules": {**dict.fromkeys((*ASKS, KEEPS), HOURLY), QUEUED: QUARTERLY},
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        program.up()
        sandbox.pass_hour(minutes=50)
        yield Alerting(sandbox, program, queue)
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0


@pytest.mark.parametrize(("before", "after"), [("container", "image"), ("image", "container")])
def test_changes_amid_runs(sandbox: Sandbox, alerting: Alerting, before: str, after: str) -> None:
    """Runs in flight end as they are, what comes after them is of the new kind, and nothing is lost or alerted."""
    program = alerting.program
    alerting.stage(Fault(Kind.HANG, seconds=20 * 60.0), DIRECT)
    alerting.stage(Fault(Kind.EXIT, code=3), RETRIED)
    alerting.stage(Fault(Kind.HANG, seconds=20 * 60.0), QUEUED)
    hour = sandbox.pass_hour(minutes=5)
    write(program, after)
    program.up()
    sandbox.advance(timedelta(minutes=40))
    direct, retried = (alerting.tick(job, hour) for job in (DIRECT, RETRIED))
    waited, next_one = (alerting.tick(QUEUED, hour + timedelta(minutes=minutes)) for minutes in (0, 15))
    assert [outcomes(tick) for tick in (direct, retried)] == [["good"], ["failed", "good"]]
    assert [outcomes(tick) for tick in (waited, next_one)] == [["good"], ["good"]]
    assert [printed(alerting, run) for run in (*runs(direct), *runs(waited))] == [[before], [before]]
    assert [printed(alerting, run) for run in (runs(retried)[-1], *runs(next_one))] == [[after], [after]]
    hour = sandbox.pass_hour(minutes=10)
    assert [printed(alerting, runs(alerting.tick(job, hour))[0]) for job in ASKS] == [[after]] * len(ASKS)
    assert alerting.alerts() == []
    assert program.run("up", "--expect-no-changes").code == 0
