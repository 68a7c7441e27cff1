"""What becomes of ticks in flight when an `up` changes or removes their supervised jobs, on the real engine."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.fault_injection.faults import Fault, Kind
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program
    from watch.records import Run, Tick

STACK = "changing"
HOURLY, QUARTERLY, AT_28 = "cron(0 * * * ? *)", "cron(0/15 * * * ? *)", "cron(28 * * * ? *)"


@dataclass(frozen=True)
class Version:
    """A job as one version of the stack has it: what it asks for, what it prints, and when it runs."""

    asks: str = ""
    prints: str = "done"
    schedule: str = HOURLY


BEFORE = {
    "kept": Version("timeout='1h'"),
    "removed": Version("timeout='40m', retries=2, backoff='1m', overlap='queue'", schedule=QUARTERLY),
    "on-its-way": Version("timeout='1h'", schedule=AT_28),
    "changed": Version("timeout='35m', retries=1, backoff='1m'", prints="old"),
    "joining": Version(),
    "leaving": Version("timeout='50m', retries=2, backoff='1m'"),
    "leaving-late": Version("timeout='50m', overlap='queue'", schedule=QUARTERLY),
}
AFTER = {
    "kept": BEFORE["kept"],
    "changed": Version("timeout='5m'", prints="new"),
    "joining": Version("timeout='30m', overlap='skip'"),
    "leaving": Version(),
    "leaving-late": Version(schedule=QUARTERLY),
}
HANGS = {"removed": 60, "changed": 60, "joining": 45, "leaving": 40, "leaving-late": 40}
"""How long a run of the first tick takes that nobody stops, in minutes."""


@dataclass(frozen=True)
class Changed:
    """A stack that was changed at the 29th minute of an hour, and has run until the 80th."""

    alerting: Alerting
    hour: datetime

    def tick(self, job: str, minutes: int = 0) -> Tick:
        """Return a tick of a job by its minutes after the hour."""
        return self.alerting.tick(job, self.hour + timedelta(minutes=minutes))

    def told(self, job: str) -> list[tuple[str, str, str]]:
        """Return kind, class and tick of each message about a job."""
        return [(alert["kind"], alert["class"], alert["tick"]) for alert in self.alerting.of(job)]

    def text(self, minutes: int = 0) -> str:
        """Return the tick at this minute as alerts have it."""
        return f"{self.hour + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def write(program: Program, jobs: dict[str, Version], queue: str, **schedules: Any) -> None:  # noqa: ANN401 - of config
    """Write jobs, and the stack file; `schedules` are those that differ from their versions'."""
    program.write_jobs(
        files={
            name.replace("-", "_"): "from settings import Job\n\n"
            f"JOB = Job(name={name!r}, owner='data', command=['echo', {job.prints!r}], {job.asks})\n"
            for name, job in jobs.items()
        }
    )
    program.write_config(
        {
            "aws:region": REGION,
            "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
            "scheduled-jobs:schedules": {name: job.schedule for name, job in jobs.items()} | schedules,
            "scheduled-jobs:alerts": {"sqs": [queue]},
        }
    )


@pytest.fixture(scope="module")
def changed(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Changed]:
    """Deploy jobs, change or remove them while runs go on and ticks wait, and let the time pass."""
    with inbox(sandbox, f"{STACK}-inbox") as queue:
        program = make_program(STACK)
        alerting = Alerting(sandbox, program, queue)
        write(program, BEFORE, queue.arn)
        program.up()
        now = datetime.fromisoformat(sandbox.client.get("status")["now"])
        hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        sandbox.advance(hour - timedelta(minutes=1) - now)
        for job, minutes in HANGS.items():
            alerting.stage(Fault(Kind.HANG, seconds=60.0 * minutes), job)
        alerting.stage(Fault(Kind.EXIT, code=3), "leaving")
        sandbox.advance(timedelta(minutes=28))
        down = Fault(Kind.FUNCTION, name=f"scheduled-jobs-{STACK}-supervisor", seconds=240.0)
        sandbox.client.send("POST", "faults", {**dataclasses.asdict(down), "times": None})
        sandbox.advance(timedelta(minutes=2))
        write(program, AFTER, queue.arn)
        program.up()
        sandbox.advance(timedelta(minutes=51))
        yield Changed(alerting, hour)
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0


def runs(tick: Tick) -> list[Run]:
    """Return the runs of a tick in their order."""
    return sorted(tick.runs.values(), key=lambda run: run.created or "")


def seconds(run: Run) -> float:
    """Return how long a run ran."""
    started, stopped = (datetime.fromisoformat(one or "") for one in (run.started, run.stopped))
    return (stopped - started).total_seconds()


def printed(changed: Changed, run: Run) -> list[str]:
    """Return what a run printed."""
    log: Any = changed.alerting.sandbox.client.log(run.task.rpartition("/")[2])
    return [str(line) for line in log["lines"]]


def test_run_of_a_removed_job(changed: Changed) -> None:
    """It is stopped at its time limit and alerted, and no further attempt begins."""
    [run] = runs(changed.tick("removed"))
    assert run.outcome == "timed-out"
    assert 2400 <= seconds(run) < 2520
    assert changed.told("removed") == [("alert", "timed-out", changed.text())]


@pytest.mark.parametrize(("job", "minutes"), [("removed", 15), ("on-its-way", 28)], ids=["waits", "in the queue"])
def test_tick_of_a_removed_job(changed: Changed, job: str, minutes: int) -> None:
    """A tick that had not begun is skipped, and nobody is alerted."""
    tick = changed.tick(job, minutes)
    assert (tick.outcome, tick.reason, tick.runs) == ("skipped", "the job was removed", {})
    assert changed.text(minutes) not in {tick for _, _, tick in changed.told(job)}


def test_run_of_a_changed_job(changed: Changed) -> None:
    """It and its retry keep limits and command of the time when the tick came; the next tick has the new ones."""
    first, second = runs(changed.tick("changed"))
    assert (first.outcome, second.outcome) == ("timed-out", "good")
    assert 2100 <= seconds(first) < 2220
    assert printed(changed, second) == ["old"]
    [after] = runs(changed.tick("changed", 60))
    assert printed(changed, after) == ["new"]
    assert changed.told("changed") == []


def test_job_that_becomes_supervised(changed: Changed) -> None:
    """The run that Scheduler had launched goes on, and the next tick is the supervisor's."""
    [run] = runs(changed.tick("joining"))
    assert (run.outcome, seconds(run)) == ("good", 2700)
    tick = changed.tick("joining", 60)
    assert tick.outcome == "good"
    assert tick.orders
    assert changed.told("joining") == []


def test_job_that_becomes_direct(changed: Changed) -> None:
    """A run that fails is alerted at once, because no retry follows; a tick that waited is alerted, and not lost."""
    [failed] = runs(changed.tick("leaving"))
    assert failed.outcome == "failed"
    assert changed.told("leaving")[0] == ("alert", "failed", changed.text())
    waited = changed.tick("leaving-late", 15)
    assert (waited.outcome, waited.runs) == ("not-launched", {})
    assert changed.told("leaving-late")[0] == ("alert", "not-launched", changed.text(15))
    assert [changed.tick("leaving-late", minutes).outcome for minutes in (0, 30, 45, 60)] == ["good"] * 4
    assert changed.tick("leaving", 60).outcome == "good"


def test_each_tick_runs_once(changed: Changed) -> None:
    """No tick is launched by both Scheduler and the supervisor."""
    found = [run for run in changed.alerting.sandbox.client.get("runs") if run["job"] in BEFORE]
    counts = Counter((run["job"], run["tick"]) for run in found if run["tick"] >= changed.text())
    assert {key: count for key, count in counts.items() if count > 1} == {("changed", changed.text()): 2}
    assert {job for job, _ in counts} == {*BEFORE} - {"on-its-way"}


def test_schedule_that_is_disabled(changed: Changed) -> None:
    """Disabling or enabling the schedule of a supervised job changes this schedule and nothing else."""
    program, queue = changed.alerting.program, changed.alerting.inbox.arn
    write(program, AFTER, queue, kept={"cron": "0 * * * ? *", "enabled": False})
    assert program.up().changes == {("update", "Schedule", "kept")}
    write(program, AFTER, queue)
    assert program.up().changes == {("update", "Schedule", "kept")}
