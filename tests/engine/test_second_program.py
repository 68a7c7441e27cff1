"""The components in a program of somebody else's."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.session import CHECKOUT
from tests.engine.program import Program

if TYPE_CHECKING:
    from tests.engine.conftest import Sandbox

HERE = Path(__file__).parent


def test_works_in_another_program(sandbox: Sandbox, tmp_path: Path) -> None:
    """A program that has the components and what they import deploys a job, which runs; destroyed, nothing is left."""
    source = tmp_path / "second"
    shutil.copytree(HERE / "second_program", source, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("aws_facts", "cadence", "components", "watch"):
        (source / part).symlink_to(CHECKOUT / part)
    program = Program(source, sandbox.session, sandbox.server, "theirs", project="second")
    before = sandbox.account.inventory()
    program.write_config({"aws:region": "eu-central-1"})
    created = {(step.type, step.name) for step in program.up().steps}
    assert {("JobGroup", "second"), ("ScheduledJob", "greet"), ("Schedule", "greet")} <= created
    [run] = sandbox.advance(timedelta(hours=1))
    assert (run["job"], run["exitCode"]) == ("greet", 0)
    assert ":task/second/" in run["task"]
    assert sandbox.client.log("greet")["lines"] == ["greet", "hello"]
    assert program.run("destroy").code == 0
    assert sandbox.account.inventory() == before
