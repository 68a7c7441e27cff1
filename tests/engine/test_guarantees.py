"""What supervised jobs promise, each promise deployed by the real engine and really run: launches, stops, alerts."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Fault, Kind, Refusal, StagedStop
from tests.engine.alerting import text
from tests.engine.supervised import (
    HOURLY,
    QUARTERLY,
    Asking,
    created,
    deployed,
    outcomes,
    printed,
    quarters,
    runs,
    seconds,
    span,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.alerting import Alerting
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program
    from watch.records import Tick

STACK = "guaranteed"
GUARANTEES: dict[str, str] = {
    "limited": "timeout='10m'",
    "limited-retried": "timeout='10m', retries=1, backoff='1m'",
    "limited-in-all": "timeout='20m', retries=5, backoff='1m', total_timeout='30m'",
    "slow-to-start": "start_timeout='10m'",
    "retried": "retries=2, backoff='1m'",
    "given-up": "retries=1, backoff='1m'",
    "picky": "retries=3, backoff='1m', retry_on=[75]",
    "cut-off": "retries=1, backoff='1m'",
    "short-of-capacity": "retries=1, start_deadline='20m'",
    "refused": "timeout='30m', start_deadline='10m'",
    "skipping": "overlap='skip'",
    "queueing": "overlap='queue'",
    "replacing": "overlap='replace', timeout='2h'",
    "first": "lock='orders', overlap='queue', retries=1, backoff='5m'",
    "second": "lock='orders', overlap='queue', start_deadline='50m'",
    "third": "lock='orders', overlap='skip'",
    "closed": "not_on=['holidays']",
    "closed-rate": "not_on=['holidays']",
    "cut-short": "overlap='replace', timeout='14m30s'",
}
OFTEN = ("skipping", "queueing", "replacing")
TIMES = {**dict.fromkeys((*OFTEN, "cut-short"), QUARTERLY), "closed-rate": "rate(30 minutes)"}


def jobs() -> dict[str, Asking]:
    """Return the jobs. Each prints the number of its attempt."""
    printing = ("printenv", "JOB_ATTEMPT")
    return {name: Asking(asks, TIMES.get(name, HOURLY), printing) for name, asks in GUARANTEES.items()}


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Deploy the jobs with a subscribed queue. Their holidays are today and tomorrow."""
    days = [f"{sandbox.now + timedelta(days=number):%Y-%m-%d}" for number in (0, 1)]
    with deployed(sandbox, make_program(STACK), jobs(), calendars={"holidays": days}) as alerting:
        sandbox.pass_hour(minutes=10)
        yield alerting


def attempts(alerting: Alerting, tick: Tick) -> list[str]:
    """Return the numbers that the runs of a tick printed, in their order."""
    return [line for run in runs(tick) for line in printed(alerting, run)]


def test_run_of_a_supervised_job(alerting: Alerting) -> None:
    """A supervised job runs once a tick, with the number of its attempt, and nobody is alerted."""
    tick = alerting.tick("retried", alerting.sandbox.pass_hour(minutes=10))
    assert (tick.outcome, outcomes(tick)) == ("good", ["good"])
    assert alerting.of("retried") == []


def test_time_limit(alerting: Alerting) -> None:
    """A run is stopped at its time limit, by the reason of which it is known, and alerted once."""
    alerting.stage(Fault(Kind.HANG, seconds=3600.0), "limited")
    tick = alerting.sandbox.pass_hour(minutes=30)
    [run] = runs(alerting.tick("limited", tick))
    assert run.outcome == "timed-out"
    assert 600 <= seconds(run) < 720
    assert alerting.told("limited") == [("alert", "timed-out", text(tick))]
    [alert] = alerting.of("limited")
    assert alert["reason"] == "the supervisor stopped the run: it ran longer than 10 minutes"
    assert alert["attempts"] == 1


def test_time_limit_and_retries(alerting: Alerting) -> None:
    """A run that was stopped at its limit is repeated, and nobody is alerted if the next one is good."""
    alerting.stage(Fault(Kind.HANG, seconds=3600.0), "limited-retried")
    tick = alerting.tick("limited-retried", alerting.sandbox.pass_hour(minutes=30))
    assert (tick.outcome, outcomes(tick)) == ("good", ["timed-out", "good"])
    assert attempts(alerting, tick)[-1] == "2"
    assert alerting.of("limited-retried") == []


def test_limit_of_all_attempts(alerting: Alerting) -> None:
    """No attempt goes on after the limit of all attempts."""
    alerting.stage(Fault(Kind.HANG, seconds=3600.0), "limited-in-all", times=3)
    moment = alerting.sandbox.pass_hour(minutes=45)
    tick = alerting.tick("limited-in-all", moment)
    assert outcomes(tick) == ["timed-out", "timed-out"]
    assert alerting.told("limited-in-all") == [("alert", "timed-out", text(moment))]
    assert alerting.of("limited-in-all")[0]["reason"].endswith("its attempts took longer than 30 minutes")


def test_task_that_does_not_start(alerting: Alerting) -> None:
    """A task that does not start in its time is stopped, and alerted once."""
    alerting.stage(Fault(Kind.PENDING, seconds=3600.0), "slow-to-start")
    moment = alerting.sandbox.pass_hour(minutes=30)
    tick = alerting.tick("slow-to-start", moment)
    assert outcomes(tick) == ["not-started"]
    assert alerting.told("slow-to-start") == [("alert", "not-started", text(moment))]


def test_retries(alerting: Alerting) -> None:
    """A run that fails is repeated until it is good or no retry is left; only then it is alerted, once."""
    alerting.stage(Fault(Kind.EXIT, code=3), "retried", times=2)
    alerting.stage(Fault(Kind.EXIT, code=3), "given-up", times=2)
    alerting.stage(Fault(Kind.EXIT, code=3), "picky")
    moment = alerting.sandbox.pass_hour(minutes=40)
    tick = alerting.tick("retried", moment)
    assert (tick.outcome, outcomes(tick)) == ("good", ["failed", "failed", "good"])
    assert attempts(alerting, tick) == ["1", "2", "3"]
    begun = [created(run) for run in runs(tick)]
    first, second = (later - earlier for earlier, later in itertools.pairwise(begun))
    assert timedelta(minutes=1) <= first < second
    assert second >= timedelta(minutes=2)
    assert alerting.of("retried") == []
    assert outcomes(alerting.tick("given-up", moment)) == ["failed", "failed"]
    assert alerting.told("given-up") == [("alert", "failed", text(moment))]
    assert alerting.of("given-up")[0]["attempts"] == 2
    assert outcomes(alerting.tick("picky", moment)) == ["failed"]
    assert alerting.told("picky") == [("alert", "failed", text(moment))]


def test_interruption_uses_up_no_attempt(alerting: Alerting) -> None:
    """A run from which AWS takes the capacity is repeated as the same attempt."""
    stop = Fault(Kind.EXIT, stop_code=StagedStop.SPOT_INTERRUPTION)
    alerting.stage(stop, "cut-off", times=2)
    alerting.stage(Fault(Kind.EXIT, code=3), "cut-off")
    tick = alerting.tick("cut-off", alerting.sandbox.pass_hour(minutes=40))
    assert outcomes(tick) == ["interrupted", "interrupted", "failed", "good"]
    assert attempts(alerting, tick)[-2:] == ["1", "2"]
    assert alerting.of("cut-off") == []


def test_launch_without_capacity(alerting: Alerting) -> None:
    """A launch that finds no capacity is repeated until the start deadline; then the tick is too late, once."""
    alerting.stage(Fault(Kind.LAUNCH, refusal=Refusal.FAILURES), "short-of-capacity", times=4)
    tick = alerting.tick("short-of-capacity", alerting.sandbox.pass_hour(minutes=20))
    assert (tick.outcome, outcomes(tick)) == ("good", ["good"])
    alerting.stage(Fault(Kind.LAUNCH, refusal=Refusal.FAILURES), "short-of-capacity", times=100)
    moment = alerting.sandbox.pass_hour(minutes=40)
    alerting.sandbox.client.send("DELETE", "faults")
    assert alerting.told("short-of-capacity") == [("alert", "too-late", text(moment))]
    assert alerting.tick("short-of-capacity", moment).runs == {}


def test_launch_that_is_refused(alerting: Alerting) -> None:
    """A launch that AWS refuses is repeated, as a new permission takes a while; then it is alerted with its words."""
    alerting.stage(Fault(Kind.LAUNCH, refusal=Refusal.ERROR), "refused")
    assert outcomes(alerting.tick("refused", alerting.sandbox.pass_hour(minutes=6))) == ["good"]
    alerting.stage(Fault(Kind.LAUNCH, refusal=Refusal.ERROR), "refused", times=100)
    moment = alerting.sandbox.pass_hour(minutes=16)
    alerting.sandbox.client.send("DELETE", "faults")
    assert alerting.told("refused") == [("alert", "not-launched", text(moment))]
    assert "is not authorized to perform: ecs:RunTask" in alerting.of("refused")[0]["reason"]


def in_quarters(alerting: Alerting, job: str, hour: datetime) -> list[str]:
    """Return the outcomes of the four ticks of an hour."""
    return [tick.outcome for tick in quarters(alerting, job, hour)]


def test_overlap(alerting: Alerting) -> None:
    """While a run goes on, the next tick is skipped, waits, or replaces it."""
    alerting.sandbox.pass_hour(minutes=50)
    for job, minutes in zip(OFTEN, (40, 25, 40), strict=True):
        alerting.stage(Fault(Kind.HANG, seconds=60.0 * minutes), job)
    moment = alerting.sandbox.pass_hour(minutes=70)
    assert in_quarters(alerting, "skipping", moment) == ["good", "skipped", "skipped", "good"]
    assert in_quarters(alerting, "queueing", moment) == ["good", "good", "good", "good"]
    assert in_quarters(alerting, "replacing", moment) == ["stopped", "good", "good", "good"]
    queued = alerting.tick("queueing", moment + timedelta(minutes=15))
    [run] = runs(queued)
    assert created(run) >= moment + timedelta(minutes=25)
    skipped = alerting.tick("skipping", moment + timedelta(minutes=15))
    assert skipped.reason == f"the tick {text(moment)} was not over"
    [overrun] = alerting.of("skipping")[:1]
    assert overrun["class"] == "overrun"
    assert [alert["class"] for alert in alerting.of("replacing")] == []


def test_time_limit_and_the_tick_that_replaces(alerting: Alerting) -> None:
    """A run that is being stopped at its limit when the next tick replaces it is stopped once, and alerted once."""
    alerting.sandbox.pass_hour(minutes=50)
    alerting.stage(Fault(Kind.HANG, seconds=3600.0), "cut-short")
    moment = alerting.sandbox.pass_hour(minutes=25)
    first, second = (alerting.tick("cut-short", moment + timedelta(minutes=minutes)) for minutes in (0, 15))
    assert (first.outcome, second.outcome) == ("timed-out", "good")
    [ended], [begun] = runs(first), runs(second)
    assert (ended.stopped or "") <= (begun.created or "")
    assert alerting.told("cut-short")[0] == ("alert", "timed-out", text(moment))


def test_lock(alerting: Alerting) -> None:
    """Ticks of several jobs that need one lock run one after the other; the lock is kept between two attempts."""
    alerting.stage(Fault(Kind.HANG, seconds=4 * 60.0), "first")
    alerting.stage(Fault(Kind.EXIT, code=3), "first")
    alerting.stage(Fault(Kind.HANG, seconds=4 * 60.0), "second")
    moment = alerting.sandbox.pass_hour(minutes=55)
    ticks = [alerting.tick(job, moment) for job in ("first", "second", "third")]
    spans = sorted((created(ticks_runs[0]), span(ticks_runs[-1])[1]) for one in ticks if (ticks_runs := runs(one)))
    assert len(spans) >= 2
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans))
    assert [one.outcome for one in ticks[:2]] == ["good", "good"]
    assert alerting.of("first") == alerting.of("second") == []


def test_calendar(alerting: Alerting) -> None:
    """A tick on a day of a calendar, such as the day of the deployment, is skipped, and neither missed nor alerted."""
    tick = alerting.ledger().ticks("closed")[0]
    assert (tick.outcome, tick.runs) == ("skipped", {})
    assert tick.reason == "the calendar holidays is closed"
    assert alerting.of("closed") == []
    counted = alerting.ledger().ticks("closed-rate")
    assert len(counted) > 1
    assert {one.outcome for one in counted[:3]} == {"skipped"}
    assert [alert["class"] for alert in alerting.of("closed-rate")] == []
