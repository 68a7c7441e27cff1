"""What becomes of ticks in flight when an `up` changes or removes their supervised jobs, on the real engine."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Fault, Kind
from tests.engine.alerting import text
from tests.engine.supervised import QUARTERLY, Asking, deployed, printed, runs, seconds, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.alerting import Alerting
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program
    from watch.records import Tick

STACK = "changing"
AT_28 = "cron(28 * * * ? *)"
BEFORE = {
    "kept": Asking("timeout='1h'"),
    "removed": Asking("timeout='40m', retries=2, backoff='1m', overlap='queue'", schedule=QUARTERLY),
    "on-its-way": Asking("timeout='1h'", schedule=AT_28),
    "changed": Asking("timeout='35m', retries=1, backoff='1m'", command=("echo", "old")),
    "joining": Asking(),
    "leaving": Asking("timeout='50m', retries=2, backoff='1m'"),
    "leaving-late": Asking("timeout='50m', overlap='queue'", schedule=QUARTERLY),
}
AFTER = {
    "kept": BEFORE["kept"],
    "changed": Asking("timeout='5m'", command=("echo", "new")),
    "joining": Asking("timeout='30m', overlap='skip'"),
    "leaving": Asking(),
    "leaving-late": Asking(schedule=QUARTERLY),
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

    def text(self, minutes: int = 0) -> str:
        """Return the tick at this minute as alerts have it."""
        return text(self.hour + timedelta(minutes=minutes))


@pytest.fixture(scope="module")
def changed(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Changed]:
    """Deploy jobs, change or remove them while runs go on and ticks wait, and let the time pass."""
    program = make_program(STACK)
    with deployed(sandbox, program, BEFORE) as alerting:
        hour = sandbox.pass_hour(minutes=-1)
        for job, minutes in HANGS.items():
            alerting.stage(Fault(Kind.HANG, seconds=60.0 * minutes), job)
        alerting.stage(Fault(Kind.EXIT, code=3), "leaving")
        sandbox.advance(timedelta(minutes=28))
        down = Fault(Kind.FUNCTION, name=f"scheduled-jobs-{STACK}-supervisor", seconds=240.0)
        sandbox.client.send("POST", "faults", {**dataclasses.asdict(down), "times": None})
        sandbox.advance(timedelta(minutes=2))
        write(program, AFTER, alerting.inbox.arn)
        program.up()
        sandbox.advance(timedelta(minutes=51))
        yield Changed(alerting, hour)


def test_run_of_a_removed_job(changed: Changed) -> None:
    """It is stopped at its time limit and alerted, and no further attempt begins."""
    [run] = runs(changed.tick("removed"))
    assert run.outcome == "timed-out"
    assert 2400 <= seconds(run) < 2520
    assert changed.alerting.told("removed") == [("alert", "timed-out", changed.text())]


@pytest.mark.parametrize(("job", "minutes"), [("removed", 15), ("on-its-way", 28)], ids=["waits", "in the queue"])
def test_tick_of_a_removed_job(changed: Changed, job: str, minutes: int) -> None:
    """A tick that had not begun is skipped, and nobody is alerted."""
    tick = changed.tick(job, minutes)
    assert (tick.outcome, tick.reason, tick.runs) == ("skipped", "the job was removed", {})
    assert changed.text(minutes) not in {tick for _, _, tick in changed.alerting.told(job)}


def test_run_of_a_changed_job(changed: Changed) -> None:
    """It and its retry keep limits and command of the time when the tick came; the next tick has the new ones."""
    first, second = runs(changed.tick("changed"))
    assert (first.outcome, second.outcome) == ("timed-out", "good")
    assert 2100 <= seconds(first) < 2220
    assert printed(changed.alerting, second) == ["old"]
    [after] = runs(changed.tick("changed", 60))
    assert printed(changed.alerting, after) == ["new"]
    assert changed.alerting.told("changed") == []


def test_job_that_becomes_supervised(changed: Changed) -> None:
    """The run that Scheduler had launched goes on, and the next tick is the supervisor's."""
    [run] = runs(changed.tick("joining"))
    assert (run.outcome, seconds(run)) == ("good", 2700)
    tick = changed.tick("joining", 60)
    assert tick.outcome == "good"
    assert tick.orders
    assert changed.alerting.told("joining") == []


def test_job_that_becomes_direct(changed: Changed) -> None:
    """A run that fails is alerted at once, because no retry follows; a tick that waited is alerted, and not lost."""
    [failed] = runs(changed.tick("leaving"))
    assert failed.outcome == "failed"
    assert changed.alerting.told("leaving")[0] == ("alert", "failed", changed.text())
    waited = changed.tick("leaving-late", 15)
    assert (waited.outcome, waited.runs) == ("not-launched", {})
    assert changed.alerting.told("leaving-late")[0] == ("alert", "not-launched", changed.text(15))
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
    schedules = {"kept": {"cron": "0 * * * ? *", "enabled": False}}
    write(program, AFTER, queue, schedules=schedules)
    assert program.up().changes == {("update", "Schedule", "kept")}
    write(program, AFTER, queue)
    assert program.up().changes == {("update", "Schedule", "kept")}
