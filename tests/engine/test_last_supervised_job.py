"""A stack whose last supervised job is removed amid a run: the run keeps its limit, and then the supervisor goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Fault, Kind
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Outcome, Program

FILES = {
    "limited": "from settings import Job\n\nJOB = Job(owner='data', command=['true'], name='limited', timeout='30m')\n",
    "direct": "from settings import Job\n\nJOB = Job(owner='data', command=['true'], name='direct')\n",
}
OF_THE_SUPERVISOR = {
    ("EventSourceMapping", "jobs-supervisor-launches"),
    ("Function", "jobs-supervisor"),
    ("LogGroup", "jobs-supervisor-log"),
    ("MetricAlarm", "jobs-watch-launches-waiting"),
    ("MetricAlarm", "jobs-watch-supervisor-failing"),
    ("Queue", "jobs-launches"),
    ("QueuePolicy", "jobs-launches"),
    ("Role", "jobs-supervisor"),
    ("RolePolicy", "jobs-supervisor"),
    ("Supervisor", "jobs-supervisor"),
}
OF_THE_JOB = {("Role", "limited"), ("RolePolicy", "limited"), ("Schedule", "limited"), ("TableItem", "limited")}


def deploy(program: Program, queue: str, schedules: dict[str, str]) -> Outcome:
    """Deploy jobs with these schedules."""
    program.write_config(
        {
            "aws:region": REGION,
            "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
            "scheduled-jobs:schedules": schedules,
            "scheduled-jobs:alerts": {"sqs": [queue]},
        }
    )
    return program.up()


def deleted(outcome: Outcome) -> set[tuple[str, str]]:
    """Return types and names of what a deployment deleted."""
    return {(kind, name) for operation, kind, name in outcome.changes if operation == "delete"}


@pytest.mark.parametrize("others", [{"direct": "cron(0 2 1 1 ? *)"}, {}], ids=["other jobs stay", "no job stays"])
def test_supervisor_stays_for_the_last_run(
    sandbox: Sandbox, make_program: Callable[[str], Program], others: dict[str, str]
) -> None:
    """A run that goes on when its job is removed is stopped at its limit and alerted. Then the supervisor goes.

    Without another job on the cluster, the functions may look at it and get its events until then.
    """
    stack = f"last-of-{len(others) + 1}"
    with inbox(sandbox, f"{stack}-inbox") as queue:
        program = make_program(stack)
        program.write_jobs(files={name: FILES[name] for name in ("limited", *others)})
        deploy(program, queue.arn, {"limited": "cron(0 * * * ? *)", **others})
        alerting = Alerting(sandbox, program, queue)
        now = datetime.fromisoformat(sandbox.client.get("status")["now"])
        tick = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        alerting.stage(Fault(Kind.HANG, seconds=7200.0), "limited")
        sandbox.advance(tick - now + timedelta(minutes=10))

        removed = deploy(program, queue.arn, {"limited": "off", **others})
        assert deleted(removed) >= OF_THE_JOB
        assert deleted(removed) & OF_THE_SUPERVISOR == set()
        assert "supervisor: no job is supervised any more" in removed.output

        sandbox.advance(timedelta(minutes=30))
        [run] = alerting.tick("limited", tick).runs.values()
        assert run.outcome == "timed-out"
        assert [alert["class"] for alert in alerting.of("limited")] == ["timed-out"]

        assert deleted(deploy(program, queue.arn, {"limited": "off", **others})) == OF_THE_SUPERVISOR
        assert program.run("up", "--expect-no-changes").code == 0
        assert program.run("destroy").code == 0
