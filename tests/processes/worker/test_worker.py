"""A worker takes a run, does it in a process of its own, and tells of it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.processes.emulator.world import START
from tests.processes.worker.fleet import GRANTS, QUEUE_ARN, TICK
from watch import names

if TYPE_CHECKING:
    from tests.processes.worker.fleet import Fleet

BEGAN = "2027-01-04T00:00:00Z"
AFTER = "2027-01-04T00:00:07Z"


def test_one_run(workers: Fleet) -> None:
    """A run is claimed, logged, reported and ended, and nothing of it stays in the queue."""
    worker = workers.start()
    run = workers.send(attempt=2)
    job = workers.job()
    assert (job.told["tick"], job.told["launch"], job.told["attempt"]) == ("2027-01-04T02:00:00+00:00", 1, 2)
    begun = {
        "run": run,
        "job": "hello",
        "schedule": "hello",
        "tick": TICK,
        "launch": 1,
        "rerun": "",
        "state": "claimed",
        "lease": int(START.timestamp()) + 60,
        "token": 1,
        "started": BEGAN,
    }
    assert workers.claim(run) == begun
    line = worker.logged("run-started")
    name = f"{QUEUE_ARN}/{run}"
    host = line["worker"]
    assert line == {
        "event": "run-started",
        "job": "hello",
        "schedule": "hello",
        "tick": TICK,
        "run": name,
        "launch": 1,
        "attempt": 2,
        "worker": host,
        "token": 1,
    }
    workers.clock.move(7)
    job.order("end")
    how = {"outcome": "good", "exit_code": 0, "reason": ""}
    assert worker.logged("run-ended") == {**line, "event": "run-ended", **how, "seconds": 7.0}
    worker.signal(signal.SIGTERM)
    assert worker.rest() == ["worker-ended"]
    assert workers.claim(run) == {**begun, "state": "ended", "ended": AFTER, **how}
    report = {"run": name, "schedule": "hello", "tick": TICK, "launch": 1, "rerun": "", "worker": host}
    assert workers.reports == [
        {**report, "state": "started", "at": BEGAN},
        {**report, "state": "ended", "at": AFTER, "started": BEGAN, **how},
    ]
    assert workers.waiting == 0


def test_machine_s_clock(workers: Fleet) -> None:
    """Without a clock of a test, a worker uses the machine's, and a time limit ends a job by it."""
    workers.variables["SHOWN_CLOCK"] = ""
    worker = workers.start()
    workers.send(timeout=0.2)
    job = workers.job()
    assert job.has_ended()
    assert worker.logged("run-ended")["outcome"] == "timed-out"
    worker.signal(signal.SIGTERM)
    worker.rest()


def test_needs_each_grant_and_no_other(workers: Fleet) -> None:
    """The calls of a worker are those that the page asks for."""
    worker = workers.start()
    workers.send()
    job = workers.job()
    workers.beat(15)
    worker.signal(signal.SIGTERM)
    job.order("end")
    worker.rest()
    actions = {call.replace("lambda:Invoke", "lambda:InvokeFunction") for call in workers.calls}
    granted = [grant["Action"] for grant in GRANTS]
    assert actions == {action for given in granted for action in ([given] if isinstance(given, str) else given)}


@pytest.mark.parametrize(
    ("order", "outcome", "exit_code", "reason"),
    [
        ("raise", "failed", None, "ValueError: no rates for 2026-11-26"),
        ("exit", "failed", 3, ""),
        ("words", "failed", 1, "nothing to do"),
        ("vanish", "failed", 4, ""),
        ("kill", "failed", 137, "killed by SIGKILL"),
        ("code", "failed", 7, ""),
        ("mute", "good", 0, ""),
        ("end", "good", 0, ""),
    ],
)
def test_ends(workers: Fleet, order: str, outcome: str, exit_code: int | None, reason: str) -> None:
    """Each end of a process has its outcome, its exit code and its reason, and the worker goes on."""
    worker = workers.start()
    run = workers.send()
    workers.job().order(order)
    line = worker.logged("run-ended")
    assert (line["outcome"], line["exit_code"], line["reason"]) == (outcome, exit_code, reason)
    workers.send(launch=2)
    workers.job().order("end")
    worker.logged("run-ended")
    claim = workers.claim(run)
    assert (claim["outcome"], claim.get("exit_code"), claim["reason"]) == (outcome, exit_code, reason)
    report = workers.reports[1]
    assert (report["outcome"], report["exit_code"], report["reason"]) == (outcome, exit_code, reason)


def test_functions_of_other_forms(workers: Fleet) -> None:
    """A function may take nothing, or be a coroutine; one that nobody has registered fails, with the names that are."""
    worker = workers.start()
    reasons = []
    for launch, task in enumerate(("short", "later", "lazy", "hallo"), 1):
        workers.send(launch=launch, task=task)
        reasons.append(worker.logged("run-ended")["reason"])
    unknown = "no function is registered as 'hallo'; registered: 'hello', 'later', 'lazy', 'short'"
    lazy = "TypeError: the function has returned a generator, so nothing of its work is done"
    assert reasons == ["", "LookupError: awaited", lazy, unknown]
    worker.signal(signal.SIGTERM)
    worker.rest()
    assert [outcome for _, state, outcome in workers.told if state == "ended"] == ["good", *["failed"] * 3]
    assert workers.waiting == 0


def test_thread_of_a_job_ends_before_it(workers: Fleet) -> None:
    """A job ends with its threads, as any program does."""
    workers.start()
    workers.send()
    job = workers.job()
    job.order("thread")
    assert job.line() == "thread"
    job.order("still here")
    assert job.line() == "still here"


def test_nothing_is_left_of_a_job(workers: Fleet) -> None:
    """What a job has started ends with it, so that nothing of one launch works beside the next one."""
    worker = workers.start()
    workers.send()
    job = workers.job()
    job.order("child")
    assert job.line() == "has a child"
    job.order("end")
    assert worker.logged("run-ended")["outcome"] == "good"
    assert job.has_ended()


def test_malformed_message_is_deleted(workers: Fleet) -> None:
    """A message that no supervisor sends is logged and deleted, and the worker takes the next one."""
    worker = workers.start()
    workers.send_body("{")
    workers.send(run="arn:aws:sqs:eu-central-1:123456789012:shop-work-web/" + "0" * 32)
    assert "not JSON" in worker.logged("malformed-message")["error"]
    assert "must be the queue's ARN and this launch's id" in worker.logged("malformed-message")["error"]
    workers.send()
    workers.job().order("end")
    worker.logged("run-ended")
    worker.signal(signal.SIGTERM)
    worker.rest()
    assert workers.waiting == 0


def test_time_limit(workers: Fleet) -> None:
    """At its time limit a job gets SIGTERM, and SIGKILL five seconds later."""
    worker = workers.start()
    workers.send(timeout=300)
    job = workers.job()
    job.order("cling")
    assert job.line() == "clings"
    worker.logged("run-started")
    for _ in range(19):
        workers.beat(15)
    workers.advance(14)
    assert not workers.reports[1:]
    workers.advance(1)
    assert job.line() == "SIGTERM"
    workers.advance(5)
    assert job.has_ended()
    line = worker.logged("run-ended")
    assert (line["outcome"], line["exit_code"], line["reason"]) == ("timed-out", 137, "timed out after 300 seconds")


def test_stopping(workers: Fleet) -> None:
    """A claim that is marked to be stopped ends as the mark says, with the exit code of the process."""
    worker = workers.start()
    run = workers.send()
    job = workers.job()
    workers.mark(run, "stopping", outcome="stopped", reason="stopped by anna: wrong month")
    workers.advance(15)
    assert job.has_ended()
    worker.logged("run-ended")
    worker.signal(signal.SIGTERM)
    worker.rest()
    assert workers.reports[1]["outcome"] == "stopped"
    claim = workers.claim(run)
    how = {name: claim[name] for name in ("state", "outcome", "exit_code", "reason")}
    reason = "stopped by anna: wrong month"
    assert how == {"state": "ended", "outcome": "stopped", "exit_code": 143, "reason": reason}


def test_stopping_too_late(workers: Fleet) -> None:
    """A job that is done before it could be stopped is good."""
    worker = workers.start()
    run = workers.send()
    job = workers.job()
    workers.mark(run, "stopping", outcome="timed-out", reason="timed out after 5 minutes")
    job.order("end")
    worker.logged("run-ended")
    worker.signal(signal.SIGTERM)
    worker.rest()
    assert workers.told == [(1, "started", ""), (1, "ended", "good")]
    assert (workers.claim(run)["state"], workers.claim(run)["outcome"]) == ("ended", "good")


def test_stopped_before_it_began(workers: Fleet) -> None:
    """A launch that was stopped before anybody claimed it does not run, and its message goes."""
    run = names.claimed_run("hello", TICK, "", 1)
    workers.mark(run, "stopped", outcome="not-started")
    workers.send()
    worker = workers.start()
    workers.send(launch=2)
    assert workers.job().told["launch"] == 2
    worker.signal(signal.SIGKILL)
    assert workers.waiting == 1


def test_asked_to_end_while_it_waits(workers: Fleet) -> None:
    """A worker without work ends at once."""
    worker = workers.start()
    worker.signal(signal.SIGTERM)
    assert worker.rest() == ["worker-ended"]


def test_job_ends_within_the_grace(workers: Fleet) -> None:
    """A worker that is asked to end lets its job finish, and takes nothing more."""
    worker = workers.start()
    workers.send()
    job = workers.job()
    worker.signal(signal.SIGTERM)
    worker.logged("worker-asked")
    workers.send(launch=2)
    workers.clock.move(14)
    job.order("end")
    assert worker.rest() == ["run-ended", "worker-ended"]
    assert workers.told == [(1, "started", ""), (1, "ended", "good")]
    assert workers.waiting == 1


def test_job_is_stopped_after_the_grace(workers: Fleet) -> None:
    """A job that takes longer than the grace is interrupted, and its launch is over."""
    worker = workers.start()
    run = workers.send()
    job = workers.job()
    worker.logged("run-started")
    worker.signal(signal.SIGTERM)
    worker.logged("worker-asked")
    workers.clock.move(20)
    assert job.has_ended()
    assert worker.rest() == ["run-ended", "worker-ended"]
    assert workers.told == [(1, "started", ""), (1, "ended", "interrupted")]
    claim = workers.claim(run)
    assert (claim["state"], claim["outcome"], claim["exit_code"]) == ("ended", "interrupted", 143)
    assert claim["reason"] == "its worker was told to end, and waited 20 seconds for it"
    assert workers.waiting == 0
