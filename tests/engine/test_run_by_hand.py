"""Runs and stops by hand on the real engine: through Scheduler, through the supervisor, and stops that alert nobody."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any, TypeVar

import pytest

from emulator.fault_injection.faults import Fault, Kind
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

T = TypeVar("T")

STACK = "by-hand"
GROUP = f"scheduled-jobs-{STACK}"
WHERE = ("--group", GROUP, "--region", REGION)
YEARLY = "cron(0 0 1 1 ? *)"
STEP, MOST_STEPS = timedelta(seconds=30), 40
JOBS = {
    "plain": "command=['printenv', 'JOB_TRIGGER']",
    "careful": "command=['printenv', 'JOB_ATTEMPT'], retries=2, backoff='1m', overlap='queue'",
}


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Deploy a job that Scheduler launches, and a supervised one."""
    with inbox(sandbox, "by-hand-inbox") as queue:
        program = make_program(STACK)
        program.write_jobs(
            files={
                name: f"from settings import Job\n\nJOB = Job(name={name!r}, owner='team', {rest})\n"
                for name, rest in JOBS.items()
            }
        )
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
                "scheduled-jobs:schedules": dict.fromkeys(JOBS, YEARLY),
                "scheduled-jobs:alerts": {"sqs": [queue.arn], "stops": True},
            }
        )
        program.up()
        yield Alerting(sandbox, program, queue)
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0


def begin(alerting: Alerting, *arguments: str, errors: int | IO[str] = subprocess.PIPE) -> subprocess.Popen[str]:
    """Start an operator's command about the stack. Its standard error goes to `errors`."""
    program = alerting.program
    return subprocess.Popen(
        [sys.executable, "-m", "ops", *arguments, *WHERE],
        cwd=program.source,
        env=program.stack.environment(),
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


def until(alerting: Alerting, command: subprocess.Popen[str], done: Callable[[], T | None]) -> T:
    """Let time pass, no faster than the command can follow, until something is found; return that."""
    for _ in range(MOST_STEPS):
        found = done()
        if found is not None:
            return found
        with suppress(subprocess.TimeoutExpired):
            command.wait(timeout=1)
        alerting.sandbox.advance(STEP)
    command.kill()
    pytest.fail(f"it has not come: {command.communicate()}")


def finish(alerting: Alerting, command: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Let time pass until a command ends; return its exit code, its standard output and its standard error."""
    code = until(alerting, command, command.poll)
    out, err = command.communicate()
    return code, out, err


def run(alerting: Alerting, *arguments: str) -> tuple[int, str, str]:
    """Run an operator's command while time passes."""
    return finish(alerting, begin(alerting, *arguments))


def history(alerting: Alerting, job: str) -> Mapping[str, Any]:
    """Return the latest tick of a job."""
    shown = alerting.program.ops("history", job, *WHERE, "--json")
    newest: Mapping[str, Any] = json.loads(shown.stdout)["ticks"][0]
    return newest


def outcomes(alerting: Alerting, job: str) -> set[str]:
    """Return the outcomes of the runs of a job's latest tick."""
    return {str(one["outcome"]) for one in history(alerting, job)["runs"]}


def running(alerting: Alerting) -> str | None:
    """Return the ARN of the only task that is RUNNING; None for none."""
    ecs = alerting.sandbox.account.client("ecs")
    arns = ecs.list_tasks(cluster="sandbox", desiredStatus="RUNNING")["taskArns"]
    described = ecs.describe_tasks(cluster="sandbox", tasks=arns)["tasks"] if arns else []
    own = [one for one in described if one["group"].startswith(f"{GROUP}:") and one["lastStatus"] == "RUNNING"]
    return str(own[0]["taskArn"]) if own else None


def schedules(alerting: Alerting) -> set[str]:
    """Return the schedules of the group."""
    listed = alerting.sandbox.account.client("scheduler").list_schedules(GroupName=GROUP)
    return {one["Name"] for one in listed["Schedules"]}


def through_scheduler(alerting: Alerting, *arguments: str) -> subprocess.Popen[str]:
    """Start the command, and return it when its schedule is there. Time stands still, so that it is in time."""
    command = begin(alerting, "run", *arguments, "--through-scheduler", "--wait")
    while schedules(alerting) == set(JOBS) and command.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            command.wait(timeout=0.2)
    return command


@pytest.mark.parametrize(("job", "printed"), [("plain", "manual"), ("careful", "1")])
def test_through_scheduler(alerting: Alerting, job: str, printed: str) -> None:
    """Scheduler launches the job with its launch role; nothing is left, stray or alerted."""
    command = through_scheduler(alerting, job, "--json")
    listed = alerting.program.ops("list", *WHERE, "--json")
    assert {one["state"] for one in json.loads(listed.stdout)["schedules"]} == {"enabled"}, listed.stderr
    code, out, err = finish(alerting, command)
    assert code == 0, err
    assert json.loads(out)["end"]["outcome"] == "good"
    assert printed in err.splitlines()
    assert schedules(alerting) == set(JOBS)
    tick = history(alerting, job)
    assert [(one["outcome"], one["byHand"]) for one in tick["runs"]] == [("good", True)]
    alerting.sandbox.advance(timedelta(minutes=30))
    assert alerting.alerts() == []


def test_a_role_that_may_not_launch_is_shown(alerting: Alerting) -> None:
    """The launch role was changed by hand. The command says what Scheduler was refused, and nobody is alerted."""
    iam = alerting.sandbox.account.client("iam")
    scheduler = alerting.sandbox.account.client("scheduler")
    role = scheduler.get_schedule(GroupName=GROUP, Name="plain")["Target"]["RoleArn"].rpartition("/")[2]
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    kept = [one for one in document["Statement"] if one["Action"] != "ecs:RunTask"]
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps({**document, "Statement": kept}))
    code, out, err = finish(alerting, through_scheduler(alerting, "plain"))
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    assert (code, out) == (120, "")
    assert "error: Scheduler could not launch it: AccessDeniedException: " in err
    assert "ecs:RunTask" in err
    assert schedules(alerting) == set(JOBS)
    assert alerting.alerts() == []


def test_follows_the_attempts_of_a_supervised_job(alerting: Alerting, tmp_path: Path) -> None:
    """The first attempt fails, the second one is good. Time stands still until the command has told of the first."""
    alerting.stage(Fault(Kind.EXIT, code=3), "careful")
    told = tmp_path / "told"
    with told.open("w") as errors:
        command = begin(alerting, "run", "careful", "--wait", "--timeout", "10m", errors=errors)
    until(alerting, command, lambda: "failed" in outcomes(alerting, "careful") or None)
    while "attempt 2 of 3; next launch " not in told.read_text():
        assert command.poll() is None, told.read_text()
        with suppress(subprocess.TimeoutExpired):
            command.wait(timeout=0.2)
    code, out, _ = finish(alerting, command)
    assert (code, out.splitlines()) == (0, ["1", "2"]), told.read_text()
    assert told.read_text().splitlines()[-1] == "careful: good, exit code 0"


@pytest.mark.parametrize("job", [*JOBS])
def test_a_stop_alerts_nobody_and_is_the_end(alerting: Alerting, job: str) -> None:
    """The config asks for alerts of stops, and the job for retries."""
    alerting.stage(Fault(Kind.HANG, seconds=3600.0), job)
    command = begin(alerting, "run", job, "--wait")
    task = until(alerting, command, lambda: running(alerting))
    stopped = alerting.program.ops("stop", job, *WHERE, "--reason", "wrong input")
    assert (stopped.returncode, stopped.stdout.startswith("Stopping task ")) == (0, True), stopped.stderr
    code, _, err = finish(alerting, command)
    assert code == 122, err
    alerting.sandbox.advance(timedelta(minutes=30))
    tick = history(alerting, job)
    [only] = tick["runs"]
    assert (tick["outcome"], only["task"], only["outcome"]) == ("stopped", task, "stopped")
    assert only["reason"].startswith("scheduled-jobs: stopped by ")
    assert only["reason"].endswith(": wrong input")
    assert alerting.alerts() == []
