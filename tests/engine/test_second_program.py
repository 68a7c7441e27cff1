"""The components in a program of somebody else's: the example, as its README says to try it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.session import CHECKOUT
from tests.engine.checkout import copy_checkout
from tests.engine.program import Program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Sandbox

EXAMPLE = "examples/watched"
CREATED = {
    ("Cluster", "reports"),
    ("TaskDefinition", "reports"),
    ("JobGroup", "jobs"),
    ("ScheduledJob", "orders"),
    ("Schedule", "orders"),
    ("TableItem", "sales"),
}


def test_works_in_another_program(sandbox: Sandbox) -> None:
    """A program that has this checkout on its module path deploys watched jobs. Destroyed, nothing is left.

    The watch may read the log group of a task definition that the same deployment creates. A second deployment changes
    nothing. The command in an alert works.
    """
    program = Program(CHECKOUT / EXAMPLE, sandbox.session, sandbox.server, "sandbox", "reports", modules=str(CHECKOUT))
    before = sandbox.account.inventory()
    program.stack.prepare()
    previewed = program.run("preview")
    assert previewed.code == 0, previewed.output
    assert {(step.type, step.name) for step in program.up().steps} >= CREATED
    assert program.up().changes == set()
    [policy] = [
        one["inputs"]["policy"]
        for urn, one in program.state().items()
        if urn.endswith("rolePolicy:RolePolicy::jobs-watch")
    ]
    assert "log-group:/reports:log-stream:*" in policy
    runs = sandbox.advance(timedelta(hours=6))
    [failed] = [run for run in runs if run["job"] == "sales"]
    mails = [mail["body"] for mail in sandbox.client.get("mail") if ":reports-sandbox-" in mail["topic"]]
    [told] = [body for body in mails if body.startswith("sales ")]
    [command] = [line for line in told.splitlines() if " rerun " in line]
    python, *words = command.split()
    assert (python, words[:3]) == ("python", ["-m", "ops", "rerun"])
    again = program.ops(*words[2:], "--yes")
    assert again.returncode == 0, again.stderr
    assert failed["tick"].replace("+00:00", "Z") in command
    assert program.run("destroy").code == 0
    assert sandbox.account.inventory() == before


def test_as_its_readme_says(tmp_path: Path) -> None:
    """One command previews the example and one runs it: the good job and the failed one, with the end of its log."""
    checkout = copy_checkout(tmp_path / "checkout")
    try:
        previewed = checkout.run("preview", "sandbox", "--program", EXAMPLE)
        assert previewed.returncode == 0, previewed.stderr
        assert "orders: at 02:00 every day, Europe/Berlin" in previewed.stdout
        up = checkout.run("up", "--program", EXAMPLE, "--image", f"reports={EXAMPLE}/app", "--at", "2026-03-02T00:00")
        assert up.returncode == 0, up.stderr
        assert "4 runs failed: sales (exit 3, 4 times)" in up.stdout
        mailed = checkout.run("mail").stdout
        assert "report: cannot be written: the file sales.csv does not exist" in mailed
        assert checkout.run("logs", "orders").stdout == "report: orders of 2026-03-02T01:00:00Z, for finance\n"
    finally:
        checkout.session.remove()
