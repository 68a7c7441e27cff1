"""A second program with the same project and stack, whose state has none of the first one's resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.account import REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "taken"
GROUP = f"scheduled-jobs-{STACK}"
CONFIG: dict[str, Any] = {
    "aws:region": REGION,
    "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
    "scheduled-jobs:schedules": {"import-rates": "cron(0 5 * * ? *)"},
    "scheduled-jobs:alerts": {"email": ["first@example.com"]},
    "scheduled-jobs:tags": {"team": "first"},
}


@pytest.fixture
def second(make_program: Callable[[str], Program]) -> Iterator[Program]:
    """Deploy a stack, and return its program without the stack's state; at the end, destroy the stack."""
    program = make_program(STACK)
    program.write_jobs("import_rates")
    program.write_config(CONFIG)
    program.up()
    state = program.state_file()
    kept = state.rename(state.with_suffix(".kept"))
    program.write_config({**CONFIG, "scheduled-jobs:alerts": {"email": ["second@example.com"]}})
    yield program
    kept.rename(state)
    assert program.run("destroy").code == 0


def test_takes_nothing_over(sandbox: Sandbox, second: Program) -> None:
    """The preview names both ways out. A deployment without a preview is refused at its first step, by AWS."""
    before = sandbox.account.inventory()
    previewed = second.run("preview")
    assert previewed.code != 0
    assert f"the schedule group '{GROUP}' exists already" in previewed.output
    assert "choose another name for the project or the stack" in previewed.output
    assert f"aws scheduler delete-schedule-group --name {GROUP}" in previewed.output
    assert "Traceback" not in previewed.output
    deployed = second.run("up")
    assert deployed.code != 0
    assert "ConflictException" in deployed.output
    left = sandbox.account.inventory()
    new = {kind: left[kind] - before[kind] for kind in before if left[kind] != before[kind]}
    assert new == {}
    scheduler = sandbox.account.client("scheduler")
    assert [one["Name"] for one in scheduler.list_schedules(GroupName=GROUP)["Schedules"]] == ["import-rates"]
