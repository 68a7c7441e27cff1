"""Holds on the real engine: deployments honour them, the watch keeps and lifts them, and a kill loses none."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from holds.storage import Storage
from sandbox.session import OTHERS
from tests.engine.account import REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from holds.hold import Hold
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "held"
GROUP = f"scheduled-jobs-{STACK}"
WHERE = ("--group", GROUP, "--region", REGION)
HOURLY = "cron(0 * * * ? *)"
MANY = [f"k{number:03}" for number in range(200)]
HOUR, LOOK = timedelta(hours=1), timedelta(minutes=5)


def job_file(name: str, owner: str) -> str:
    """Return the file of a job that succeeds."""
    return f"from settings import Job\n\nJOB = Job(name={name!r}, owner={owner!r}, command=['echo', 'done'])\n"


def write(program: Program, **schedules: object) -> None:
    """Write a stack file with these schedules."""
    program.write_config(
        {
            "aws:region": REGION,
            "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
            "scheduled-jobs:schedules": schedules,
        }
    )


def deploy(program: Program, **schedules: object) -> str:
    """Deploy these jobs, and return what the CLI printed."""
    write(program, **schedules)
    return program.up().output


USUAL: Mapping[str, object] = {"export": HOURLY, "report": HOURLY, "many": "off"}


@pytest.fixture(scope="module")
def program(make_program: Callable[[str], Program]) -> Iterator[Program]:
    """Deploy two hourly jobs."""
    made = make_program(STACK)
    owners = {"export": "data", "report": "web", "many": "web"}
    made.write_jobs(files={name: job_file(name, owner) for name, owner in owners.items()})
    deploy(made, **USUAL)
    yield made
    assert made.run("destroy").code == 0


@pytest.fixture(autouse=True)
def at_ten_past(sandbox: Sandbox, program: Program) -> Iterator[None]:
    """Begin each test ten minutes after a tick, without holds, and end it so."""
    now = datetime.fromisoformat(sandbox.client.get("status")["now"])
    sandbox.advance(now.replace(minute=10, second=0, microsecond=0) + HOUR - now)
    yield
    ops(program, "resume", "--all")
    sandbox.advance(LOOK)
    assert stored(sandbox) == []


def ops(program: Program, command: str, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run an operator's command about the stack, which ends with this exit code."""
    done = program.ops(command, *WHERE, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def enabled(sandbox: Sandbox) -> set[str]:
    """Return the enabled schedules."""
    pages = sandbox.account.client("scheduler").get_paginator("list_schedules").paginate(GroupName=GROUP)
    return {one["Name"] for page in pages for one in page["Schedules"] if one["State"] == "ENABLED"}


def stored(sandbox: Sandbox) -> list[Hold]:
    """Return the stored holds."""
    return Storage(sandbox.account.client("ssm"), GROUP).all(lambda name, error: pytest.fail(f"{name}: {error}"))


def own(runs: list[dict[str, Any]]) -> list[str]:
    """Return the jobs of this stack that ran."""
    return sorted(run["job"] for run in runs if run["job"] in USUAL)


def latest(program: Program, job: str) -> list[str]:
    """Return the outcomes of the latest two ticks of a job."""
    told = json.loads(ops(program, "history", job, "--json").stdout)
    return [tick["outcome"] for tick in told["ticks"]][:2]


def test_a_deployment_honours_a_hold(sandbox: Sandbox, program: Program) -> None:
    """An update in a hold keeps schedules disabled and takes its changes; the hold's end enables what config wants."""
    ops(program, "pause", "--reason", "migration 0042", "--for", "2h")
    assert enabled(sandbox) == set()
    output = deploy(program, export="cron(20 * * * ? *)", report="off", many="off")
    [made] = stored(sandbox)
    assert f"hold {made.id} on all jobs, until " in output
    assert "(migration 0042): 1 schedule disabled meanwhile" in output
    assert enabled(sandbox) == set()
    assert own(sandbox.advance(HOUR)) == []
    deploy(program, export=HOURLY, report={"cron": "0 * * * ? *", "enabled": False}, many="off")
    assert own(sandbox.advance(2 * HOUR)) == ["export"]
    assert (enabled(sandbox), stored(sandbox)) == ({"export"}, [])
    assert latest(program, "export") == ["good", "held"]
    deploy(program, **USUAL)
    assert enabled(sandbox) == {"export", "report"}


def test_a_deployment_under_way(sandbox: Sandbox, program: Program) -> None:
    """A schedule that is enabled in the midst of a hold, as by an update that did not know of it, is disabled again."""
    ops(program, "pause", "--reason", "restore", "--job", "report")
    scheduler = sandbox.account.client("scheduler")
    found = scheduler.get_schedule(GroupName=GROUP, Name="report")
    for part in ("Arn", "CreationDate", "LastModificationDate", "ResponseMetadata"):
        del found[part]
    scheduler.update_schedule(**{**found, "State": "ENABLED"})
    sandbox.advance(LOOK)
    assert enabled(sandbox) == {"export"}
    assert own(sandbox.advance(HOUR)) == ["export"]
    assert latest(program, "report")[0] == "held"


def test_two_holds_that_overlap(sandbox: Sandbox, program: Program) -> None:
    """A job runs again when the last of its holds is over, by a command or by itself."""
    first = json.loads(ops(program, "pause", "--reason", "one", "--owner", "data", "--json").stdout)["hold"]["id"]
    ops(program, "pause", "--reason", "two", "--for", "70m")
    assert own(sandbox.advance(HOUR)) == []
    ops(program, "resume", first)
    assert enabled(sandbox) == set()
    assert own(sandbox.advance(HOUR)) == ["export", "report"]
    assert stored(sandbox) == []


def test_catches_up(sandbox: Sandbox, program: Program) -> None:
    """When a hold is ended, the latest tick of each schedule can be run; its outcome is then that of the run."""
    ops(program, "pause", "--reason", "restore", "--for", "5h")
    assert own(sandbox.advance(3 * HOUR)) == []
    before = sandbox.client.get("status")["runs"]
    told = json.loads(ops(program, "resume", "--catch-up", "last", "--json").stdout)
    assert [one["schedule"] for one in told["caughtUp"]] == ["export", "report"]
    sandbox.advance(LOOK)
    assert own(sandbox.client.get("runs")[before:]) == ["export", "report"]
    assert latest(program, "export") == ["good", "held"]


def test_a_hold_around_an_update(sandbox: Sandbox, program: Program) -> None:
    """`hold -- pulumi up` deploys in its own hold, and enables what config then wants."""
    write(program, export="cron(20 * * * ? *)", report={"cron": "0 * * * ? *", "enabled": False}, many="off")
    up = ("--yes", "--skip-preview", "--non-interactive", "--cwd", str(program.stack.folder))
    done = ops(program, "hold", "--reason", "release 43", "--for", "30m", "--", "pulumi", "up", *up)
    assert "(release 43): 1 schedule disabled meanwhile" in done.stdout
    assert enabled(sandbox) == {"export"}
    assert own(sandbox.advance(HOUR)) == ["export"]
    deploy(program, **USUAL)
    assert enabled(sandbox) == {"export", "report"}


def test_a_hold_around_a_command(sandbox: Sandbox, program: Program) -> None:
    """`hold` keeps everything disabled while its command runs, and gives back its exit code."""
    script = (
        "import boto3, sys\n"
        f"pages = boto3.client('scheduler', region_name='{REGION}').list_schedules(GroupName='{GROUP}')\n"
        "print(sorted({one['State'] for one in pages['Schedules']}))\n"
        "sys.exit(9)\n"
    )
    done = ops(program, "hold", "--reason", "migration", "--", sys.executable, "-c", script, code=9)
    assert (done.stdout, enabled(sandbox)) == ("['DISABLED']\n", {"export", "report"})


def test_disabled_by_hand(sandbox: Sandbox, program: Program) -> None:
    """Whoever disables a schedule without a hold is told of once; a hold and its end put it right."""
    scheduler = sandbox.account.client("scheduler")
    found = scheduler.get_schedule(GroupName=GROUP, Name="report")
    for part in ("Arn", "CreationDate", "LastModificationDate", "ResponseMetadata"):
        del found[part]
    scheduler.update_schedule(**{**found, "State": "DISABLED"})
    sandbox.advance(4 * LOOK)
    listed = json.loads(ops(program, "list", "--json").stdout)["schedules"]
    assert {one["schedule"]: one["asDeployed"] for one in listed if one["schedule"]} == {
        "export": True,
        "report": False,
    }
    ops(program, "pause", "--reason", "put right", "--job", "report")
    ops(program, "resume")
    assert enabled(sandbox) == {"export", "report"}


EVERYTHING = {"export", "report", *(f"many.{key}" for key in MANY)}


def write_many(program: Program) -> None:
    """Write a stack file with 200 more schedules."""
    write(program, **{**USUAL, "many": dict.fromkeys(MANY, "cron(30 4 1 1 ? *)")})


def test_a_pause_amid_an_update(sandbox: Sandbox, program: Program) -> None:
    """A hold that is made while an update creates schedules disables those too that the update enables after it.

    The engine stands still during the command, however fast this machine is. The watch disables what it creates then.
    """
    write_many(program)
    update = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],  # noqa: S607 - as sandbox does
        cwd=program.stack.folder,
        env=program.stack.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        umask=OTHERS,
    )
    with update:
        while len(enabled(sandbox)) < len(USUAL) + 5:
            assert update.poll() is None
        update.send_signal(signal.SIGSTOP)
        try:
            paused = program.ops("pause", *WHERE, "--reason", "release 43")
        finally:
            update.send_signal(signal.SIGCONT)
        assert paused.returncode in (0, 3), paused.stderr
    assert update.returncode == 0
    assert enabled(sandbox)
    sandbox.advance(LOOK)
    assert enabled(sandbox) == set()
    ops(program, "resume", "--all")
    assert enabled(sandbox) == EVERYTHING


def test_a_pause_of_200_schedules_that_is_killed(sandbox: Sandbox, program: Program) -> None:
    """After kill -9 in the midst, the same command pauses the rest, and after another one a resume enables all."""
    write_many(program)
    program.up()
    assert enabled(sandbox) == EVERYTHING
    pause = ("pause", "--reason", "big one")
    left = killed_amid(program, sandbox, *pause)
    assert 0 < len(left) < len(EVERYTHING)
    done = ops(program, *pause, "--json")
    assert len(json.loads(done.stdout)["changed"]) == len(left)
    assert (enabled(sandbox), len(stored(sandbox))) == (set(), 1)
    left = killed_amid(program, sandbox, "resume")
    assert 0 < len(left) < len(EVERYTHING)
    ops(program, "resume", stored(sandbox)[0].id)
    assert enabled(sandbox) == EVERYTHING
    deploy(program, **USUAL)


def killed_amid(program: Program, sandbox: Sandbox, command: str, *arguments: str) -> set[str]:
    """Kill a command when it has changed some schedules, and return those that are enabled then."""
    before = enabled(sandbox)
    started = subprocess.Popen(
        [sys.executable, "-m", "ops", command, *WHERE, *arguments],
        cwd=program.source,
        env=program.stack.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while len(before ^ enabled(sandbox)) < 10:
        assert started.poll() is None
    started.kill()
    started.wait()
    return enabled(sandbox)
