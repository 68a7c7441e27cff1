"""What supervised jobs promise where two of their fields meet, deployed by the real engine and really run."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Fault, Kind, StagedStop
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program
    from watch.records import Run, Tick

STACK = "pairs"
QUARTERLY = "cron(0/15 * * * ? *)"
JOBS: dict[str, tuple[str, str]] = {
    "replaced": ("timeout='10m', retries=2, backoff='10m', overlap='replace'", QUARTERLY),
    "cut-off-in-time": ("total_timeout='5m', retries=5, backoff='1m'", "cron(0 * * * ? *)"),
    "lock-a": ("lock='orders', overlap='queue', timeout='30m'", QUARTERLY),
    "lock-b": ("lock='orders', overlap='queue'", QUARTERLY),
    "blocking": ("overlap='skip', longest_run=20", QUARTERLY),
}


@pytest.fixture(scope="module")
def hour(sandbox: Sandbox, alerting: Alerting) -> datetime:
    """Let runs hang and be cut off in an hour, and return it. It is over."""
    now = datetime.fromisoformat(sandbox.client.get("status")["now"])
    hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    sandbox.advance(hour - timedelta(minutes=1) - now)
    for job in ("replaced", "blocking"):
        alerting.stage(Fault(Kind.HANG, seconds=40 * 60.0), job)
    alerting.stage(Fault(Kind.EXIT, stop_code=StagedStop.SPOT_INTERRUPTION), "cut-off-in-time", times=3)
    alerting.stage(Fault(Kind.HANG, seconds=20 * 60.0), "lock-a")
    sandbox.advance(timedelta(minutes=65))
    return hour


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Deploy the jobs with a subscribed queue."""
    with inbox(sandbox, f"{STACK}-inbox") as queue:
        program = make_program(STACK)
        program.write_jobs(
            files={
                name.replace("-", "_"): "from settings import Job\n\n"
                f"JOB = Job(name={name!r}, owner='data', command=['printenv', 'JOB_ATTEMPT'], {asks})\n"
                for name, (asks, _) in JOBS.items()
            }
        )
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
                "scheduled-jobs:schedules": {name: schedule for name, (_, schedule) in JOBS.items()},
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        program.up()
        yield Alerting(sandbox, program, queue)
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0


def runs(tick: Tick) -> list[Run]:
    """Return the runs of a tick in their order."""
    return sorted(tick.runs.values(), key=lambda run: run.created or "")


def span(run: Run) -> tuple[datetime, datetime]:
    """Return when a run was created, and when it stopped."""
    return datetime.fromisoformat(run.created or ""), datetime.fromisoformat(run.stopped or "")


def quarters(alerting: Alerting, job: str, hour: datetime) -> list[Tick]:
    """Return the four ticks of an hour."""
    return [alerting.tick(job, hour + timedelta(minutes=minutes)) for minutes in (0, 15, 30, 45)]


def told(alerting: Alerting, job: str) -> list[tuple[str, str, str]]:
    """Return kind, class and minute of the tick of each message about a job."""
    return [(one["kind"], one["class"], one["tick"][14:16]) for one in alerting.of(job)]


def test_retry_and_replacement(alerting: Alerting, hour: datetime) -> None:
    """A tick that waits for its next attempt gets none when a later tick replaces it; its failure is alerted once."""
    first, second, *_ = quarters(alerting, "replaced", hour)
    assert [run.outcome for run in runs(first)] == ["timed-out"]
    assert [run.outcome for run in runs(second)] == ["good"]
    assert span(runs(second)[0])[0] - hour < timedelta(minutes=16)
    assert [one for one in told(alerting, "replaced") if one[0] != "recovered"] == [("alert", "timed-out", "00")]


def test_interruption_and_limit_of_all_attempts(alerting: Alerting, hour: datetime) -> None:
    """Interruptions do not extend the time for all attempts."""
    tick = alerting.tick("cut-off-in-time", hour)
    assert [run.outcome for run in runs(tick)] == ["interrupted"] * 3
    assert span(runs(tick)[-1])[0] - hour < timedelta(minutes=5)
    assert told(alerting, "cut-off-in-time")[0] == ("alert", "interrupted", "00")


def test_lock_and_queue(alerting: Alerting, hour: datetime) -> None:
    """Ticks of two jobs wait for one lock: no two hold it at once, and one that waits too long costs no other."""
    ticks = {job: quarters(alerting, job, hour) for job in ("lock-a", "lock-b")}
    assert [one.outcome for one in ticks["lock-a"]] == ["good"] * 4
    assert [one.outcome for one in ticks["lock-b"]] == ["too-late", "good", "good", "good"]
    spans = sorted(span(run) for some in ticks.values() for one in some for run in runs(one))
    assert len(spans) == 7
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans))
    assert told(alerting, "lock-a") == []
    assert [one for one in told(alerting, "lock-b") if one[0] == "alert"] == [("alert", "too-late", "00")]
    [late] = [one for one in alerting.of("lock-b") if one["kind"] == "alert"]
    assert late["reason"].startswith("waiting for the lock orders, held by the tick")


def test_overrun_and_overlap(alerting: Alerting, hour: datetime) -> None:
    """A run that takes too long is alerted with the number of the ticks that it has kept from running."""
    assert [one.outcome for one in quarters(alerting, "blocking", hour)] == ["good", "skipped", "skipped", "good"]
    [overrun] = [one for one in alerting.of("blocking") if one["class"] == "overrun" and one["kind"] == "alert"]
    assert overrun["reason"] == "1 later tick was skipped meanwhile"
