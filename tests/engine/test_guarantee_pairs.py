"""What supervised jobs promise where two of their fields meet, deployed by the real engine and really run."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Fault, Kind, StagedStop
from tests.engine.supervised import QUARTERLY, Asking, created, deployed, outcomes, quarters, runs, span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.alerting import Alerting
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "pairs"
JOBS = {
    "replaced": Asking("timeout='10m', retries=2, backoff='10m', overlap='replace'", QUARTERLY),
    "cut-off-in-time": Asking("total_timeout='5m', retries=5, backoff='1m'"),
    "lock-a": Asking("lock='orders', overlap='queue', timeout='30m'", QUARTERLY),
    "lock-b": Asking("lock='orders', overlap='queue'", QUARTERLY),
    "blocking": Asking("overlap='skip', longest_run=20", QUARTERLY),
}


@pytest.fixture(scope="module")
def hour(sandbox: Sandbox, alerting: Alerting) -> datetime:
    """Let runs hang and be cut off in an hour, and return it. It is over."""
    hour = sandbox.pass_hour(minutes=-1)
    for job in ("replaced", "blocking"):
        alerting.stage(Fault(Kind.HANG, seconds=40 * 60.0), job)
    alerting.stage(Fault(Kind.EXIT, stop_code=StagedStop.SPOT_INTERRUPTION), "cut-off-in-time", times=3)
    alerting.stage(Fault(Kind.HANG, seconds=20 * 60.0), "lock-a")
    sandbox.advance(timedelta(minutes=65))
    return hour


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Deploy the jobs with a subscribed queue."""
    with deployed(sandbox, make_program(STACK), JOBS) as alerting:
        yield alerting


def told(alerting: Alerting, job: str) -> list[tuple[str, str, str]]:
    """Return kind, class and minute of the tick of each message about a job."""
    return [(kind, class_, (tick or "")[14:16]) for kind, class_, tick in alerting.told(job)]


def test_retry_and_replacement(alerting: Alerting, hour: datetime) -> None:
    """A tick that waits for its next attempt gets none when a later tick replaces it; its failure is alerted once."""
    first, second, *_ = quarters(alerting, "replaced", hour)
    assert outcomes(first) == ["timed-out"]
    assert outcomes(second) == ["good"]
    assert created(runs(second)[0]) - hour < timedelta(minutes=16)
    assert [one for one in told(alerting, "replaced") if one[0] != "recovered"] == [("alert", "timed-out", "00")]


def test_interruption_and_limit_of_all_attempts(alerting: Alerting, hour: datetime) -> None:
    """Interruptions do not extend the time for all attempts."""
    tick = alerting.tick("cut-off-in-time", hour)
    assert outcomes(tick) == ["interrupted"] * 3
    assert created(runs(tick)[-1]) - hour < timedelta(minutes=5)
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
