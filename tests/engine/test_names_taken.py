"""Names that a deployment finds taken: by a second program with the same project and stack, and by others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.account import REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Outcome, Program

STACK, FAILED = "taken", "half"
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


def test_goes_on_after_a_failure(sandbox: Sandbox, make_program: Callable[[str], Program]) -> None:
    """After a deployment that failed half way, the next one creates only what is missing."""
    logs = sandbox.account.client("logs")
    taken = f"/aws/lambda/scheduled-jobs-{FAILED}-watch"
    logs.create_log_group(logGroupName=taken)
    program = make_program(FAILED)
    program.write_jobs("import_rates")
    program.write_config(CONFIG)
    failed = program.run("up")
    assert failed.code != 0
    assert "ResourceAlreadyExistsException" in failed.output
    logs.delete_log_group(logGroupName=taken)
    completed = program.up()
    assert ("ScheduleGroup", "jobs") in created(failed)
    assert ("LogGroup", "jobs-watch-log") in created(completed)
    assert created(failed) & created(completed) == set()
    assert program.run("destroy").code == 0


def created(outcome: Outcome) -> set[tuple[str, str]]:
    """Return the type and the logical name of each resource that was created."""
    return {(step.type, step.name) for step in outcome.steps if step.operation == "create" and step.done is not None}
