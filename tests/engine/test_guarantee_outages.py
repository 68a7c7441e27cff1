"""What supervised jobs promise while a queue or the supervisor does not work, on the real engine."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Fault, Kind
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program
    from watch.records import Tick

STACK = "outages"
LAUNCHES, SUPERVISOR, WATCH = (f"scheduled-jobs-{STACK}-{part}" for part in ("launches", "supervisor", "watch"))
QUARTERLY = "cron(0/15 * * * ? *)"
JOBS = {
    "hasty": ("timeout='1h'", "cron(0 * * * ? *)"),
    "patient": ("start_deadline='2h'", QUARTERLY),
    "newest": ("start_deadline='2h', late='last'", QUARTERLY),
    "punctual": ("start_deadline='2h', late='none'", QUARTERLY),
}
QUARTERS = [timedelta(minutes=minutes) for minutes in (0, 15, 30, 45)]


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Deploy the jobs with a subscribed queue."""
    with inbox(sandbox, f"{STACK}-inbox") as queue:
        program = make_program(STACK)
        program.write_jobs(
            files={
                name: "from settings import Job\n\n"
                f"JOB = Job(name={name!r}, owner='data', command=['echo', 'done'], {asked})\n"
                for name, (asked, _) in JOBS.items()
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


def now(alerting: Alerting) -> datetime:
    """Return the time of the sandbox."""
    return datetime.fromisoformat(alerting.sandbox.client.get("status")["now"])


def next_hour(alerting: Alerting) -> datetime:
    """Move the clock to a minute before the next full hour, and return that hour."""
    hour = now(alerting).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    go_to(alerting, hour - timedelta(minutes=1))
    return hour


def go_to(alerting: Alerting, moment: datetime) -> None:
    """Move the clock."""
    alerting.sandbox.advance(moment - now(alerting))


def break_down(alerting: Alerting, fault: Fault, *, minutes: int) -> None:
    """Let something fail from now on; delayed messages are as late as the failure is long."""
    fault = dataclasses.replace(fault, seconds=60.0 * minutes)
    alerting.sandbox.client.send("POST", "faults", {**dataclasses.asdict(fault), "times": None})


def quarters(alerting: Alerting, job: str, hour: datetime) -> list[Tick]:
    """Return the four ticks of an hour."""
    return [alerting.tick(job, hour + after) for after in QUARTERS]


def outcomes(ticks: list[Tick]) -> list[tuple[str, int]]:
    """Return the outcome of each tick and the number of its runs."""
    return [(tick.outcome, len(tick.runs)) for tick in ticks]


def begun(tick: Tick) -> datetime:
    """Return when the only run of a tick was created."""
    [run] = tick.runs.values()
    return datetime.fromisoformat(run.created or "")


def processes(alerting: Alerting, since: datetime) -> Counter[tuple[str, str]]:
    """Return how many tasks were really started for each tick from `since` on."""
    found = alerting.sandbox.client.get("runs")
    return Counter((run["job"], run["tick"]) for run in found if run["job"] in JOBS and run["tick"] >= text(since))


def text(moment: datetime) -> str:
    """Return a moment as the sandbox and alerts have it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def told(alerting: Alerting, job: str, hour: datetime) -> list[tuple[str, str]]:
    """Return class and tick of each message about a job's ticks from an hour on."""
    return [(alert["class"], alert["tick"]) for alert in alerting.of(job) if alert["tick"] >= text(hour)]


def test_messages_doubled_lost_and_late(alerting: Alerting) -> None:
    """Each tick has one run, whether its message comes twice, never, or late."""
    hour = next_hour(alerting)
    break_down(alerting, Fault(Kind.DUPLICATE_MESSAGES, name=LAUNCHES), minutes=10)
    go_to(alerting, hour + timedelta(minutes=14))
    break_down(alerting, Fault(Kind.LOSE_MESSAGES, name=LAUNCHES), minutes=4)
    go_to(alerting, hour + timedelta(minutes=29))
    break_down(alerting, Fault(Kind.DELAY_MESSAGES, name=LAUNCHES), minutes=8)
    go_to(alerting, hour + timedelta(minutes=58))
    for job in ("patient", "newest"):
        assert outcomes(quarters(alerting, job, hour)) == [("good", 1)] * 4
    lost = alerting.tick("patient", hour + timedelta(minutes=15))
    assert timedelta(minutes=2) < begun(lost) - hour - timedelta(minutes=15)
    assert [tick.outcome for tick in quarters(alerting, "punctual", hour)] == ["good", "skipped", "skipped", "good"]
    assert set(processes(alerting, hour).values()) == {1}
    assert alerting.alerts() == []


def test_supervisor_that_is_down(alerting: Alerting) -> None:
    """After 40 minutes without the supervisor, the ticks whose deadline has not passed are launched, as `late` says."""
    hour = next_hour(alerting)
    break_down(alerting, Fault(Kind.FUNCTION, name=SUPERVISOR), minutes=41)
    go_to(alerting, hour + timedelta(minutes=58))
    assert alerting.tick("hasty", hour).outcome == "too-late"
    assert outcomes(quarters(alerting, "patient", hour)) == [("good", 1)] * 4
    assert outcomes(quarters(alerting, "newest", hour)) == [("skipped", 0), ("skipped", 0), ("good", 1), ("good", 1)]
    assert outcomes(quarters(alerting, "punctual", hour)) == [("skipped", 0)] * 3 + [("good", 1)]
    assert set(processes(alerting, hour).values()) == {1}
    assert told(alerting, "hasty", hour) == [("too-late", text(hour))]
    for job in ("patient", "newest", "punctual"):
        assert alerting.of(job) == []


def test_queue_that_is_down(alerting: Alerting) -> None:
    """After an hour without the queue, all ticks whose deadline has not passed are launched, and no other."""
    hour = next_hour(alerting)
    break_down(alerting, Fault(Kind.QUEUE, name=LAUNCHES), minutes=61)
    go_to(alerting, hour + timedelta(minutes=80))
    assert alerting.tick("hasty", hour).outcome == "too-late"
    assert outcomes(quarters(alerting, "patient", hour)) == [("good", 1)] * 4
    assert outcomes(quarters(alerting, "newest", hour)) == [("skipped", 0)] * 4
    assert outcomes(quarters(alerting, "punctual", hour)) == [("skipped", 0)] * 4
    assert set(processes(alerting, hour).values()) == {1}
    assert [class_ for class_, tick in told(alerting, "hasty", hour) if tick == text(hour)] == ["too-late"]
    for job in ("patient", "newest", "punctual"):
        assert alerting.of(job) == []


def test_watch_that_is_down(alerting: Alerting) -> None:
    """Without the watch all ticks are launched in time. When it is back, it learns of each end, and alerts nobody."""
    hour = next_hour(alerting)
    break_down(alerting, Fault(Kind.FUNCTION, name=WATCH), minutes=41)
    go_to(alerting, hour + timedelta(minutes=58))
    assert outcomes([alerting.tick("hasty", hour)]) == [("good", 1)]
    for job in ("patient", "newest", "punctual"):
        ticks = quarters(alerting, job, hour)
        assert outcomes(ticks) == [("good", 1)] * 4
        assert [begun(tick) - after - hour for tick, after in zip(ticks, QUARTERS, strict=True)] == [timedelta()] * 4
        assert alerting.of(job) == []
    assert told(alerting, "hasty", hour) == []


def test_launches_without_an_answer(alerting: Alerting) -> None:
    """RunTask that does not answer for some minutes is called again: each tick has one run, before its deadline."""
    hour = next_hour(alerting)
    break_down(alerting, Fault(Kind.CALL, operation="ecs:RunTask", error="ServerException"), minutes=9)
    go_to(alerting, hour + timedelta(minutes=13))
    for job in JOBS:
        tick = alerting.tick(job, hour)
        assert outcomes([tick]) == [("good", 1)]
        assert timedelta(minutes=8) <= begun(tick) - hour <= timedelta(minutes=10)
        assert told(alerting, job, hour) == []
    assert set(processes(alerting, hour).values()) == {1}
