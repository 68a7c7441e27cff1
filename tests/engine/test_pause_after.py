"""`pause_after` on the real engine: a job that keeps failing is paused and told once, and runs again after a resume."""

from __future__ import annotations

import json
import shlex
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "pausing"
WHERE = ("--group", f"scheduled-jobs-{STACK}", "--region", REGION)
HOURLY = "cron(0 * * * ? *)"
HOUR, LOOK = timedelta(hours=1), timedelta(minutes=5)
NEW = "flaky: 2 ticks in a row that go wrong now pause the job until somebody resumes it"


def job_file(name: str, *command: str, **fields: object) -> str:
    """Return the file of a job."""
    more = "".join(f", {field}={value!r}" for field, value in fields.items())
    return f"from settings import Job\n\nJOB = Job(name={name!r}, owner='data', command={[*command]!r}{more})\n"


@pytest.fixture
def fixed(tmp_path: Path) -> Path:
    """Return the file without which the job fails."""
    return tmp_path / "fixed"


@pytest.fixture
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program], fixed: Path) -> Iterator[Alerting]:
    """Lay out a job that fails and one that does not, with a queue that is to have the alerts."""
    with inbox(sandbox, STACK) as queue:
        program = make_program(STACK)
        flaky = job_file("flaky", "test", "-e", str(fixed), pause_after=5)
        program.write_jobs(files={"flaky": flaky, "steady": job_file("steady", "echo", "done", pause_after=2)})
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
                "scheduled-jobs:schedules": {"flaky": {"cron": "0 * * * ? *", "pauseAfter": 2}, "steady": HOURLY},
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        yield Alerting(sandbox, program, queue)
        assert program.run("destroy").code == 0


def ops(program: Program, *words: str) -> str:
    """Run an operator's command that succeeds, and return what it wrote."""
    done = program.ops(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def listed(program: Program) -> dict[str, Any]:
    """Return what `list` says of the job."""
    told: dict[str, list[dict[str, Any]]] = json.loads(ops(program, "list", *WHERE, "--json"))
    [found] = [one for one in told["schedules"] if one["job"] == "flaky"]
    return found


def ran(runs: list[dict[str, Any]]) -> list[str]:
    """Return the jobs that ran, those of this stack."""
    return [run["job"] for run in runs if run["job"] in ("flaky", "steady")]


def test_pauses_tells_once_and_runs_again(sandbox: Sandbox, alerting: Alerting, fixed: Path) -> None:
    """The second bad tick pauses the job and no other; a resume by the alert's command begins the count anew."""
    program = alerting.program
    assert NEW in program.run("preview").output
    program.up()
    assert NEW not in program.run("preview").output
    now = datetime.fromisoformat(sandbox.client.get("status")["now"])
    sandbox.advance(now.replace(minute=10, second=0, microsecond=0) + HOUR - now)
    assert [alert["paused"] for alert in alerting.of("flaky")] == [None]
    assert sorted(ran(sandbox.advance(HOUR))) == ["flaky", "steady"]

    [_, alert] = alerting.of("flaky")
    assert alert["summary"] == "flaky failed: exit code 1; the job is paused"
    assert ran(sandbox.advance(2 * HOUR)) == ["steady", "steady"]
    held = listed(program)
    assert (held["state"], held["hold"]["by"], held["hold"]["until"]) == ("held", "the watch", None)
    assert held["hold"]["id"] == alert["paused"]["hold"]
    preview = program.run("preview").output
    assert f"hold {held['hold']['id']} on job flaky, until somebody resumes it, by the watch" in preview
    program.up()
    assert ran(sandbox.advance(HOUR)) == ["steady"]
    history = json.loads(ops(program, "history", "flaky", *WHERE, "--json"))["ticks"]
    assert [tick["outcome"] for tick in history] == ["held", "held", "held", "failed", "failed"]
    assert len(alerting.of("flaky")) == 2

    python, dash_m, name, *words = shlex.split(alert["paused"]["resume"])
    assert (python, dash_m, name) == ("python", "-m", "ops")
    ops(program, *words)
    assert sorted(ran(sandbox.advance(HOUR))) == ["flaky", "steady"]
    assert (listed(program)["state"], alerting.of("flaky")[-1]["paused"]) == ("enabled", None)
    fixed.touch()
    assert sorted(ran(sandbox.advance(HOUR))) == ["flaky", "steady"]
    sandbox.advance(2 * LOOK)
    assert alerting.of("flaky")[-1]["class"] == "recovered"
    assert sum(alert["paused"] is not None for alert in alerting.of("flaky")) == 1
