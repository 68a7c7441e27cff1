"""Tests of what is found of the latest ticks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import cadence
from doctor.checks.runs import Past, PastOfSchedule, check
from tests.unit.doctor.samples import CHANGED, NOW
from watch import run_kinds
from watch.records import Run, Tick

TICK = "2027-02-03T01:00:00Z"
DAILY = cadence.Timetable(cadence.parse("cron(0 1 * * ? *)"))
HOURLY = cadence.Timetable(cadence.parse("rate(1 hour)"))
SOON = datetime(2027, 2, 3, 8, 30, tzinfo=UTC)


def tick(outcome: str, **run: Any) -> Tick:  # noqa: ANN401 - fields of the run
    """Return a tick that was alerted; with one run if something is known of it."""
    runs = {"0a": Run("arn:task/0a", 1, "STOPPED", outcome=outcome, **run)} if run else {}
    return Tick("report", "report", TICK, outcome, outcome, reason="" if run else "Scheduler gave up", runs=runs)


def past(alerted: Tick | None = None, **changed: Any) -> Past:  # noqa: ANN401 - fields
    """Return the past of a schedule, of which the latest tick was alerted so."""
    known: dict[str, Any] = {
        "failures": int(bool(alerted)),
        "known": True,
        "off": False,
        "table": DAILY,
        "changed": CHANGED,
    }
    one = PastOfSchedule(
        name="report", **{"trouble": alerted.tick if alerted else None, "tick": alerted, **known, **changed}
    )
    return Past(options="--group g --region r", schedules=[one], now=NOW)


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (past(), "sound"),
        (past(tick("failed", exit_code=3)), "run-failed"),
        (past(tick("failed", exit_code=137, suspects="the container 'log' (exit code 1)")), "another-container-ended"),
        (past(tick("interrupted", reason="Spot")), "run-failed"),
        (past(tick("not-started", reason="CannotPullContainerError")), "run-not-started"),
        (past(tick("not-launched")), "tick-not-launched"),
        (past(tick("missed")), "tick-not-launched"),
        (past(trouble=TICK), "run-failed"),
        (past(tick("too-late"), kind=run_kinds.PROCESS_RUN), "tick-not-launched"),
        (past(tick("failed", exit_code=1), kind=run_kinds.PROCESS_RUN), "run-failed"),
        (past(tick("not-started", reason="no worker took it"), kind=run_kinds.WORKER_RUN), "run-not-started"),
        (past(tick("failed", exit_code=3), off=True), "sound"),
        (past(known=False), "never-ran"),
        (past(known=False, changed=None), "sound"),
        (past(known=False, table=None), "sound"),
        (past(known=False, changed=datetime(2027, 2, 3, 1, 0, tzinfo=UTC)), "sound"),
        (past(known=False, table=HOURLY), "never-ran"),
        (past(known=False, table=HOURLY, changed=SOON), "sound"),
    ],
    ids=[
        "good",
        "failed",
        "a sidecar ended",
        "interrupted",
        "not started",
        "not launched",
        "missed",
        "forgotten",
        "no process claimed it",
        "a process failed",
        "not taken",
        "switched off since",
        "never",
        "never, unseen",
        "never, disabled",
        "never, too new",
        "a rate, never",
        "a rate, new",
    ],
)
def test_the_past(known: Past, code: str) -> None:
    """There is one finding about each schedule."""
    [found] = check(known)
    assert (found.code, found.about, found.jobs) == (code, "report", ("report",))


def test_the_text_says_what_happened_and_the_fix_what_to_type() -> None:
    """Both name the tick."""
    [found] = check(past(tick("failed", exit_code=3, reason="Essential container in task exited"), failures=4))
    said = "failed with exit code 3: Essential container in task exited; 4 ticks in a row"
    assert found.text == f"the tick {TICK} {said}"
    assert found.fix == (
        f"python -m ops logs --group g --region r report --tick {TICK} shows why; "
        f"then python -m ops rerun --group g --region r report --tick {TICK}"
    )


@pytest.mark.parametrize(
    ("task", "how"),
    [
        ("arn:task/0a", "--probe shows how far a task comes"),
        ("arn:aws:lambda:eu-central-1:123456789012:function:rates:live/0a", "examines its function"),
        (f"arn:aws:sqs:eu-central-1:123456789012:jobs-work-web/{'0' * 32}", "examines its work queue"),
    ],
)
def test_a_run_that_did_not_start_is_examined(task: str, how: str) -> None:
    """A probe is a task, so there is none of a function or of a worker."""
    alerted = tick("not-started", reason="Lambda did not run the function: EventAgeExceeded")
    alerted.runs["0a"].task = task
    [found] = check(past(alerted))
    assert found.fix.startswith(f"python -m ops doctor --group g --region r report {how}; then python -m ops rerun ")


@pytest.mark.parametrize("outcome", ["too-late", "failed"])
def test_nobody_but_its_service_runs_an_in_process_job_again(outcome: str) -> None:
    """The command would be refused."""
    alerted = tick(outcome, exit_code=1) if outcome == "failed" else tick(outcome)
    [found] = check(past(alerted, kind=run_kinds.PROCESS_RUN))
    assert "ops rerun" not in found.fix
    assert "service" in found.fix


@pytest.mark.parametrize(
    ("kind", "words"),
    [(run_kinds.REQUEST, "got no answer in time"), (run_kinds.WORKER_RUN, "took too long and was stopped")],
)
def test_a_request_without_an_answer_was_not_stopped(kind: str, words: str) -> None:
    """Its receiver may go on with it."""
    [found] = check(past(tick("timed-out", reason="x"), kind=kind))
    assert found.text.startswith(f"the tick {TICK} {words}")
