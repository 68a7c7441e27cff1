"""Workers that die, hang, see a message twice or do not reach AWS: a launch runs once, and its end is told."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from tests.processes.worker.fleet import TICK

if TYPE_CHECKING:
    from tests.processes.worker.fleet import Fleet, Job, Process

GONE = "its worker has not extended its lease, which ended at 2027-01-04T00:01:00Z"
OVER = "its lease could not be extended in time, so it was stopped before another worker could take the run"


def _holder(workers: list[Process], job: Job) -> tuple[Process, list[Process]]:
    """Return the worker that runs a job, and the others."""
    (busy,) = [worker for worker in workers if worker.process.pid == job.told["worker"]]
    return busy, [worker for worker in workers if worker is not busy]


def test_killed_worker(workers: Fleet) -> None:
    """The job of a killed worker ends at once. Another worker tells of it, and runs the launch that follows."""
    three = [workers.start() for _ in range(3)]
    run = workers.send()
    job = workers.job()
    busy, others = _holder(three, job)
    busy.signal(signal.SIGKILL)
    assert job.has_ended()
    workers.advance(59)
    assert workers.told == [(1, "started", "")]
    workers.advance(2)
    workers.until(lambda: workers.waiting == 0)
    assert workers.told == [(1, "started", ""), (1, "ended", "interrupted")]
    claim = workers.claim(run)
    assert (claim["state"], claim["outcome"], claim["reason"]) == ("lost", "interrupted", GONE)
    assert workers.reports[1]["reason"] == GONE
    workers.send(launch=2)
    again = workers.job()
    assert (again.told["launch"], again.told["token"]) == (2, 2)
    assert again.told["worker"] in {worker.process.pid for worker in others}


def test_hanging_worker(workers: Fleet) -> None:
    """The job of a worker that hangs ends before its lease does. When it goes on, the worker tells nothing."""
    first = workers.start()
    workers.send()
    job = workers.job()
    first.logged("run-started")
    first.signal(signal.SIGSTOP)
    workers.advance(45)
    workers.advance(5)
    assert job.has_ended()
    workers.start()
    workers.advance(11)
    workers.until(lambda: workers.waiting == 0)
    workers.send(launch=2)
    workers.job().order("end")
    first.signal(signal.SIGCONT)
    line = first.logged("run-ended")
    assert (line["launch"], line["outcome"], line["reason"]) == (1, "interrupted", OVER)
    first.signal(signal.SIGTERM)
    first.rest()
    workers.until(lambda: len(workers.told) == 4)
    ends = [(1, "ended", "interrupted"), (2, "started", ""), (2, "ended", "good")]
    assert workers.told == [(1, "started", ""), *ends]


def test_clinging_job_of_a_hanging_worker(workers: Fleet) -> None:
    """A job that does not heed SIGTERM is killed ten seconds before the lease is over."""
    worker = workers.start()
    workers.send()
    job = workers.job()
    job.order("cling")
    assert job.line() == "clings"
    worker.signal(signal.SIGSTOP)
    workers.clock.move(45)
    assert job.line() == "SIGTERM"
    workers.clock.move(5)
    assert job.has_ended()


def test_frozen_container(workers: Fleet) -> None:
    """A job whose container was frozen beyond its lease is killed when that goes on, and its worker tells nothing."""
    frozen = workers.start()
    workers.send()
    job = workers.job()
    frozen.logged("run-started")
    processes = [job.told[name] for name in ("worker", "guard", "pid")]
    for number in processes:
        os.kill(number, signal.SIGSTOP)
    workers.start()
    workers.advance(61)
    workers.until(lambda: workers.waiting == 0)
    workers.send(launch=2)
    assert workers.job().told["token"] == 2
    for number in processes:
        os.kill(number, signal.SIGCONT)
    assert job.has_ended()
    assert frozen.logged("run-ended")["outcome"] == "interrupted"
    frozen.signal(signal.SIGTERM)
    frozen.rest()
    assert workers.told == [(1, "started", ""), (1, "ended", "interrupted"), (2, "started", "")]


def test_killed_guard(workers: Fleet) -> None:
    """A job does not outlive the process that guards it, and its worker goes on."""
    worker = workers.start()
    workers.send()
    job = workers.job()
    os.kill(job.told["guard"], signal.SIGKILL)
    assert job.has_ended()
    line = worker.logged("run-ended")
    assert (line["outcome"], line["reason"]) == ("interrupted", "the process that guards it was killed")
    workers.send(launch=2)
    workers.job().order("end")
    assert worker.logged("run-ended")["outcome"] == "good"


def test_hanging_worker_goes_on_in_time(workers: Fleet) -> None:
    """A worker that hung for less than its lease keeps its run."""
    worker = workers.start()
    workers.send()
    job = workers.job()
    worker.signal(signal.SIGSTOP)
    workers.advance(44)
    worker.signal(signal.SIGCONT)
    workers.beat(0.5)
    workers.beat(44)
    job.order("end")
    assert worker.logged("run-ended")["outcome"] == "good"


def test_duplicate(workers: Fleet) -> None:
    """A second message of a launch starts nothing. When the run has ended, it goes, and its end is told again."""
    two = [workers.start() for _ in range(2)]
    workers.send()
    workers.send()
    job = workers.job()
    busy, _ = _holder(two, job)
    for _ in range(4):
        workers.beat(15)
    assert workers.waiting == 2
    job.order("end")
    busy.logged("run-ended")
    workers.until(lambda: workers.waiting == 1)
    workers.advance(60)
    workers.until(lambda: workers.waiting == 0)
    ended = (1, "ended", "good")
    assert workers.told == [(1, "started", ""), ended, ended]
    told, again = workers.reports[1:]
    assert again == {**told, "worker": again["worker"]}
    assert again["worker"].startswith(f"{told['worker']}/")


def test_free_worker_without_aws(workers: Fleet) -> None:
    """A worker goes on while the queue or the table does not answer, and says so once."""
    expected = {
        "sqs": ["aws-answers", "run-started", "run-ended"],
        "dynamodb": ["run-started", "run-ended", "aws-answers"],
    }
    worker = workers.start()
    for launch, (service, lines) in enumerate(expected.items(), 1):
        workers.failing.add(service)
        workers.send(launch)
        assert worker.logged("aws-failed")["error"] == "ServiceUnavailable"
        for _ in range(4):
            workers.clock.move(60)
        workers.failing.clear()
        workers.job_in_time().order("end")
        assert worker.logged_until(lines[-1]) == lines
        workers.until(lambda: workers.waiting == 0)


def test_lease_lost_without_aws(workers: Fleet) -> None:
    """A job ends before its lease does if that cannot be extended. The end is told as soon as AWS answers."""
    worker = workers.start()
    run = workers.send()
    job = workers.job()
    worker.logged("run-started")
    workers.failing.add("dynamodb")
    workers.advance(15)
    worker.logged("aws-failed")
    workers.advance(30)
    assert job.has_ended()
    line = worker.logged("run-ended")
    assert (line["outcome"], line["reason"]) == ("interrupted", OVER)
    worker.logged("aws-failed")
    workers.failing.clear()
    workers.until(lambda: workers.waiting == 0)
    assert workers.told == [(1, "started", ""), (1, "ended", "interrupted")]
    assert workers.claim(run)["state"] == "ended"


def test_work_is_not_forgotten_without_aws(workers: Fleet) -> None:
    """The end of a job that has done its work is told as soon as AWS answers, if nobody has given it up."""
    worker = workers.start()
    run = workers.send()
    job = workers.job()
    worker.logged("run-started")
    workers.failing |= {"dynamodb", "lambda"}
    job.order("end")
    worker.logged("run-ended")
    worker.logged("aws-failed")
    workers.failing.clear()
    workers.until(lambda: workers.waiting == 0)
    assert workers.told == [(1, "started", ""), (1, "ended", "good")]
    assert workers.claim(run)["outcome"] == "good"


def test_report_that_fails_comes_again(workers: Fleet) -> None:
    """An end that could not be reported is reported when the message comes again."""
    worker = workers.start()
    workers.send()
    job = workers.job()
    worker.logged("run-started")
    workers.failing.add("lambda")
    job.order("end")
    worker.logged("run-ended")
    worker.logged("aws-failed")
    workers.failing.clear()
    workers.advance(61)
    workers.until(lambda: workers.waiting == 0)
    assert workers.told == [(1, "started", ""), (1, "ended", "good")]
    assert workers.reports[1]["at"] == "2027-01-04T00:00:00Z"


def test_lost_while_it_works(workers: Fleet) -> None:
    """A job whose claim was given up is killed, and its worker tells nothing of it."""
    worker = workers.start()
    run = workers.send()
    job = workers.job()
    worker.logged("run-started")
    workers.mark(run, "lost", outcome="interrupted", ended=TICK)
    workers.advance(15)
    assert job.has_ended()
    assert worker.logged("run-ended")["outcome"] == "interrupted"
    worker.signal(signal.SIGTERM)
    worker.rest()
    assert workers.told == [(1, "started", "")]
    assert workers.claim(run)["state"] == "lost"
