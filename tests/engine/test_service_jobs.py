"""Jobs that a service runs, on the real engine: deployed beside a real worker, refused, changed, removed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from components.service_policy import take_work
from sandbox.session import CHECKOUT
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox, text
from tests.engine.operators import ACCOUNT
from tests.engine.supervised import HOURLY
from tests.engine.test_last_supervised_job import deleted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

TASK_ROLE = "sandbox-task"
PLACE = f"{REGION}:{ACCOUNT}"
SERVICE = """
from scheduled_jobs_worker import Worker

worker = Worker()

@worker.task("hello")
def hello(run):
    print("hello at", run.tick)

@worker.task
def fails():
    raise ValueError("no rates today")

worker.run()
"""
TIMER = """
import sys
from scheduled_jobs_worker import once

with once("sweeps", sys.argv[1]) as run:
    print("swept" if run else "left to others")
"""
JOBS = {"works": "worker=Worker('hello')", "fails": "worker=Worker()", "sweeps": "in_process=InProcess()"}
PATIENCE = 60
"""Seconds of the machine after which a process that says nothing has failed."""


def write(program: Program, jobs: dict[str, str]) -> None:
    """Write the files of jobs that a service runs, and the stack file."""
    program.write_jobs(
        files={
            name: (
                "from settings import InProcess, Job, Worker\n\n"
                f"JOB = Job(name={name!r}, owner='data', placement='web', {runner})\n"
            )
            for name, runner in jobs.items()
        }
    )


def configure(program: Program, queue: str, schedules: dict[str, object]) -> None:
    """Write the stack file."""
    program.write_config(
        {
            "aws:region": REGION,
            "scheduled-jobs:placements": {"web": {"service": {"cluster": "sandbox", "name": "web"}}},
            "scheduled-jobs:schedules": schedules,
            "scheduled-jobs:alerts": {"sqs": [queue]},
        }
    )


def grants(group: str) -> list[dict[str, Any]]:
    """Return the statements that a service's role needs for the jobs of a group."""
    return list(
        take_work(
            queue_arn=f"arn:aws:sqs:{PLACE}:{group}-work-web",
            claims_arn=f"arn:aws:dynamodb:{PLACE}:table/{group}-claims",
            watch_arn=f"arn:aws:lambda:{PLACE}:function:{group}-watch",
        )
    )


@contextmanager
def granted(alerting: Alerting) -> Iterator[None]:
    """Let the service's role do what a preview says that it needs."""
    iam = alerting.sandbox.account.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": grants(alerting.group)})
    iam.put_role_policy(RoleName=TASK_ROLE, PolicyName="jobs", PolicyDocument=document)
    yield
    iam.delete_role_policy(RoleName=TASK_ROLE, PolicyName="jobs")


@pytest.fixture
def alerting(
    request: pytest.FixtureRequest, sandbox: Sandbox, make_program: Callable[[str], Program]
) -> Iterator[Alerting]:
    """Lay out the jobs, in a stack of the test's own; a queue has the alerts."""
    stack = request.node.name.removeprefix("test_").replace("_", "-")
    with inbox(sandbox, stack) as queue:
        program = make_program(stack)
        write(program, JOBS)
        configure(program, queue.arn, dict.fromkeys(JOBS, HOURLY))
        found = Alerting(sandbox, program, queue)
        yield found
        assert program.run("destroy").code == 0
    tables = sandbox.account.client("dynamodb").list_tables()["TableNames"]
    assert [name for name in tables if name.startswith(found.group)] == []


def container(alerting: Alerting) -> dict[str, str]:
    """Return the environment of a container of the service, as its owner has set it."""
    variables = alerting.sandbox.client.service_environment(f"arn:aws:iam::{ACCOUNT}:role/{TASK_ROLE}")
    path = os.pathsep.join([str(CHECKOUT / "worker"), variables["PYTHONPATH"]])
    own = {"SCHEDULED_JOBS_GROUP": alerting.group, "SCHEDULED_JOBS_PLACEMENT": "web"}
    return {**variables, "PYTHONPATH": path, "PATH": os.environ["PATH"], **own}


@contextmanager
def working(alerting: Alerting, folder: Path) -> Iterator[Callable[[str, int], list[dict[str, Any]]]]:
    """Run a worker; give what waits for so many lines about an event. In the end it stops by itself at SIGTERM."""
    (folder / "service.py").write_text(SERVICE)
    process = subprocess.Popen(
        [sys.executable, "service.py"], cwd=folder, env=container(alerting), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    silent = threading.Timer(PATIENCE, process.kill)
    silent.start()

    def lines(event: str, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for line in process.stdout or ():
            if line.startswith("{") and (said := json.loads(line))["event"] == event:
                found.append(said)
            if len(found) == count:
                return found
        raise AssertionError(f"the worker ended without {event}")

    try:
        yield lines
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        silent.cancel()
        process.kill()
        process.stdout.close()
        process.wait()


def sweep(alerting: Alerting, folder: Path, tick: str) -> str:
    """Let the timer of the service do its work in one process; return what it says."""
    (folder / "timer.py").write_text(TIMER)
    done = subprocess.run(
        [sys.executable, "timer.py", tick],
        cwd=folder,
        env=container(alerting),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    [said] = [line for line in done.stdout.splitlines() if not line.startswith("{")]
    return said


def test_what_the_service_runs(sandbox: Sandbox, alerting: Alerting, tmp_path: Path) -> None:
    """A preview refuses a role that may not. A worker takes runs, a process claims its tick, and absence is told."""
    program = alerting.program
    refused = program.run("up")
    assert refused.code != 0
    assert (
        f"may not take the runs of worker jobs; its owner must add the statements {json.dumps(grants(alerting.group))}"
        in " ".join(refused.output.split())
    )
    with granted(alerting):
        program.up()
        assert program.run("up", "--expect-no-changes").code == 0
        with working(alerting, tmp_path) as lines:
            lines("worker-started", 1)
            hour = sandbox.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            sandbox.go_to(hour + timedelta(seconds=59))  # a leap of a minute could be the end of a claim
            assert {one["job"]: one["outcome"] for one in lines("run-ended", 2)} == {"works": "good", "fails": "failed"}
        assert sweep(alerting, tmp_path, text(hour)) == "swept"
        assert sweep(alerting, tmp_path, text(hour)) == "left to others"
        sandbox.advance(timedelta(minutes=1))
        assert {name: alerting.tick(name, hour).outcome for name in JOBS} == {
            "works": "good",
            "fails": "failed",
            "sweeps": "good",
        }
        [alert] = alerting.of("fails")
        assert "no rates today" in alert["reason"]

        hour = sandbox.pass_hour(minutes=40)
        assert {name: alerting.tick(name, hour).outcome for name in JOBS} == {
            "works": "not-started",
            "fails": "not-started",
            "sweeps": "too-late",
        }


def test_what_is_changed_and_removed(sandbox: Sandbox, alerting: Alerting) -> None:
    """Another function is an update of the item. The queue goes with its last job, and the claims when none is held."""
    program = alerting.program
    of_a_job = ("Role", "RolePolicy", "Schedule", "TableItem")
    with granted(alerting):
        program.up()
        jobs = {**JOBS, "works": "worker=Worker('other')"}
        del jobs["fails"]
        write(program, jobs)
        configure(program, alerting.inbox.arn, dict.fromkeys(jobs, HOURLY))
        changes = program.up().changes
        assert {one for one in changes if one[2] != "fails"} == {("update", "TableItem", "works")}

    sandbox.advance(timedelta(minutes=6))
    write(program, {"sweeps": "command=['true']"})
    configure(program, alerting.inbox.arn, {"sweeps": HOURLY})
    left = program.up()
    assert f"{alerting.group}-claims stays" in " ".join(left.output.split())
    assert {one for one in left.changes if one[2] == "sweeps"} == {("update", kind, "sweeps") for kind in of_a_job}
    assert {("Queue", "jobs-work-web"), ("QueuePolicy", "jobs-work-web")} <= deleted(left)
    assert ("Table", f"{alerting.group}-claims") not in deleted(left)
    sandbox.advance(timedelta(minutes=6))
    assert ("Table", f"{alerting.group}-claims") in deleted(program.up())
