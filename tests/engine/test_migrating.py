"""The switch-over of docs/migrating.md on the real engine: a crontab's job is adopted, switched on, and taken back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from holds.storage import Storage
from tests.engine.account import REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "adopted"
GROUP = f"scheduled-jobs-{STACK}"
JOB = "echo"
CRONTAB = f"MAILTO=ops@example.com\n0 * * * * {JOB} done\n"
HOUR = timedelta(hours=1)


@pytest.fixture
def program(make_program: Callable[[str], Program], sandbox: Sandbox, tmp_path: Path) -> Iterator[Program]:
    """Adopt a crontab into a folder, and take the files from there. It is ten minutes after a tick."""
    made = make_program(STACK)
    (tmp_path / "crontab").write_text(CRONTAB)
    place = ("--cluster", "sandbox", "--service", "web", "--timezone", "UTC", "--owner", "data", "--region", REGION)
    ops(made, "adopt", "crontab", str(tmp_path / "crontab"), "--into", str(tmp_path), *place)
    made.write_jobs(files={path.stem: path.read_text() for path in (tmp_path / "jobs").iterdir()})
    made.write_stack_file((tmp_path / f"Pulumi.{STACK}.yaml").read_text())
    now = datetime.fromisoformat(sandbox.client.get("status")["now"])
    sandbox.advance(now.replace(minute=10, second=0, microsecond=0) + HOUR - now)
    yield made
    assert made.run("destroy").code == 0


def ops(program: Program, *words: str) -> str:
    """Run an operator's command, which succeeds, and return its output."""
    done = program.ops(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def about(program: Program, command: str, *words: str) -> str:
    """Run an operator's command about the stack."""
    return ops(program, command, "--group", GROUP, "--region", REGION, *words)


def state(sandbox: Sandbox) -> str:
    """Return the state of the job's schedule in AWS."""
    found: dict[str, Any] = sandbox.account.client("scheduler").get_schedule(GroupName=GROUP, Name=JOB)
    return str(found["State"])


def hold(sandbox: Sandbox) -> str:
    """Return the id of the only hold in force."""
    stored = Storage(sandbox.account.client("ssm"), GROUP).all(lambda name, error: pytest.fail(f"{name}: {error}"))
    now = datetime.fromisoformat(sandbox.client.get("status")["now"])
    (found,) = [one for one in stored if one.is_in_force(now)]
    return found.id


def runs(sandbox: Sandbox) -> int:
    """Let an hour pass, and return how often the job ran in it."""
    return sum(run["job"] == JOB for run in sandbox.advance(HOUR))


def switched(program: Program, *, on: bool) -> None:
    """Change the schedule in config, and deploy."""
    text = program.stack.file.read_text()
    before, after = (f"enabled: {str(value).lower()}" for value in (not on, on))
    assert text.count(before) == 1
    program.write_stack_file(text.replace(before, after))
    program.up()


def test_a_job_is_switched_over_and_taken_back(sandbox: Sandbox, program: Program) -> None:
    """No tick runs before the switch and after the way back, whatever is deployed, and each tick between them does."""
    program.up()
    assert (state(sandbox), runs(sandbox)) == ("DISABLED", 0)
    about(program, "pause", "--job", JOB, "--reason", "switch over from cron", "--for", "7d")
    switched(program, on=True)
    assert (state(sandbox), runs(sandbox)) == ("DISABLED", 0)
    about(program, "resume", hold(sandbox))
    assert (state(sandbox), runs(sandbox), runs(sandbox)) == ("ENABLED", 1, 1)
    about(program, "pause", "--job", JOB, "--reason", "back to cron", "--for", "7d")
    assert (state(sandbox), runs(sandbox)) == ("DISABLED", 0)
    switched(program, on=False)
    about(program, "resume", hold(sandbox))
    assert (state(sandbox), runs(sandbox)) == ("DISABLED", 0)
    ticks = json.loads(about(program, "history", JOB, "--json"))["ticks"]
    assert [tick["outcome"] for tick in ticks] == ["held", "good", "good", "held"]
