"""What supervised jobs promise while a queue or the supervisor does not work, on the real engine."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Fault, Kind
from tests.engine.alerting import text
from tests.engine.supervised import MINUTES, QUARTERLY, Asking, created, deployed, quarters, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.alerting import Alerting
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program
    from watch.records import Tick

STACK = "outages"
LAUNCHES, SUPERVISOR, WATCH = (f"scheduled-jobs-{STACK}-{part}" for part in ("launches", "supervisor", "watch"))
JOBS = {
    "hasty": Asking("timeout='1h'"),
    "patient": Asking("start_deadline='2h'", QUARTERLY),
    "newest": Asking("start_deadline='2h', late='last'", QUARTERLY),
    "punctual": Asking("start_deadline='2h', late='none'", QUARTERLY),
}


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Deploy the jobs with a subscribed queue."""
    with deployed(sandbox, make_program(STACK), JOBS) as alerting:
        yield alerting


def break_down(alerting: Alerting, fault: Fault, *, minutes: int) -> None:
    """Let something fail from now on; delayed messages are as late as the failure is long."""
    fault = dataclasses.replace(fault, seconds=60.0 * minutes)
    alerting.sandbox.client.send("POST", "faults", {**dataclasses.asdict(fault), "times": None})


def counted(ticks: list[Tick]) -> list[tuple[str, int]]:
    """Return the outcome of each tick and the number of its runs."""
    return [(tick.outcome, len(tick.runs)) for tick in ticks]


def begun(tick: Tick) -> datetime:
    """Return when the only run of a tick was created."""
    [run] = runs(tick)
    return created(run)


def processes(alerting: Alerting, since: datetime) -> Counter[tuple[str, str]]:
    """Return how many tasks were really started for each tick from `since` on."""
    found = alerting.sandbox.client.get("runs")
    return Counter((run["job"], run["tick"]) for run in found if run["job"] in JOBS and run["tick"] >= text(since))


def test_messages_doubled_lost_and_late(alerting: Alerting) -> None:
    """Each tick has one run, whether its message comes twice, never, or late."""
    hour = alerting.sandbox.pass_hour(minutes=-1)
    break_down(alerting, Fault(Kind.DUPLICATE_MESSAGES, name=LAUNCHES), minutes=10)
    alerting.sandbox.go_to(hour + timedelta(minutes=14))
    break_down(alerting, Fault(Kind.LOSE_MESSAGES, name=LAUNCHES), minutes=4)
    alerting.sandbox.go_to(hour + timedelta(minutes=29))
    break_down(alerting, Fault(Kind.DELAY_MESSAGES, name=LAUNCHES), minutes=8)
    alerting.sandbox.go_to(hour + timedelta(minutes=58))
    for job in ("patient", "newest"):
        assert counted(quarters(alerting, job, hour)) == [("good", 1)] * 4
    lost = alerting.tick("patient", hour + timedelta(minutes=15))
    assert timedelta(minutes=2) < begun(lost) - hour - timedelta(minutes=15)
    assert [tick.outcome for tick in quarters(alerting, "punctual", hour)] == ["good", "skipped", "skipped", "good"]
    assert set(processes(alerting, hour).values()) == {1}
    assert alerting.alerts() == []


def test_supervisor_that_is_down(alerting: Alerting) -> None:
    """After 40 minutes without the supervisor, the ticks whose deadline has not passed are launched, as `late` says."""
    hour = alerting.sandbox.pass_hour(minutes=-1)
    break_down(alerting, Fault(Kind.FUNCTION, name=SUPERVISOR), minutes=41)
    alerting.sandbox.go_to(hour + timedelta(minutes=58))
    assert alerting.tick("hasty", hour).outcome == "too-late"
    assert counted(quarters(alerting, "patient", hour)) == [("good", 1)] * 4
    assert counted(quarters(alerting, "newest", hour)) == [("skipped", 0), ("skipped", 0), ("good", 1), ("good", 1)]
    assert counted(quarters(alerting, "punctual", hour)) == [("skipped", 0)] * 3 + [("good", 1)]
    assert set(processes(alerting, hour).values()) == {1}
    assert alerting.told("hasty", hour) == [("alert", "too-late", text(hour))]
    for job in ("patient", "newest", "punctual"):
        assert alerting.of(job) == []


def test_queue_that_is_down(alerting: Alerting) -> None:
    """After an hour without the queue, all ticks whose deadline has not passed are launched, and no other."""
    hour = alerting.sandbox.pass_hour(minutes=-1)
    break_down(alerting, Fault(Kind.QUEUE, name=LAUNCHES), minutes=61)
    alerting.sandbox.go_to(hour + timedelta(minutes=80))
    assert alerting.tick("hasty", hour).outcome == "too-late"
    assert counted(quarters(alerting, "patient", hour)) == [("good", 1)] * 4
    assert counted(quarters(alerting, "newest", hour)) == [("skipped", 0)] * 4
    assert counted(quarters(alerting, "punctual", hour)) == [("skipped", 0)] * 4
    assert set(processes(alerting, hour).values()) == {1}
    assert [class_ for _, class_, tick in alerting.told("hasty", hour) if tick == text(hour)] == ["too-late"]
    for job in ("patient", "newest", "punctual"):
        assert alerting.of(job) == []


def test_watch_that_is_down(alerting: Alerting) -> None:
    """Without the watch all ticks are launched in time. When it is back, it learns of each end, and alerts nobody."""
    hour = alerting.sandbox.pass_hour(minutes=-1)
    break_down(alerting, Fault(Kind.FUNCTION, name=WATCH), minutes=41)
    alerting.sandbox.go_to(hour + timedelta(minutes=58))
    assert counted([alerting.tick("hasty", hour)]) == [("good", 1)]
    for job in ("patient", "newest", "punctual"):
        ticks = quarters(alerting, job, hour)
        assert counted(ticks) == [("good", 1)] * 4
        assert [
            begun(tick) - timedelta(minutes=minutes) - hour for tick, minutes in zip(ticks, MINUTES, strict=True)
        ] == [timedelta()] * 4
        assert alerting.of(job) == []
    assert alerting.told("hasty", hour) == []


def test_launches_without_an_answer(alerting: Alerting) -> None:
    """RunTask that does not answer for some minutes is called again: each tick has one run, before its deadline."""
    hour = alerting.sandbox.pass_hour(minutes=-1)
    break_down(alerting, Fault(Kind.CALL, operation="ecs:RunTask", error="ServerException"), minutes=9)
    alerting.sandbox.go_to(hour + timedelta(minutes=13))
    for job in JOBS:
        tick = alerting.tick(job, hour)
        assert counted([tick]) == [("good", 1)]
        assert timedelta(minutes=8) <= begun(tick) - hour <= timedelta(minutes=10)
        assert alerting.told(job, hour) == []
    assert set(processes(alerting, hour).values()) == {1}
