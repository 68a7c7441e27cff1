"""A stack whose last supervised job is removed amid a run: the run keeps its limit, and then the supervisor goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from emulator.fault_injection.faults import Fault, Kind
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Outcome, Program

STACK = "last"
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


def deploy(program: Program, queue: str, limited: str) -> Outcome:
    """Deploy both jobs, of which the supervised one has this schedule."""
    program.write_config(
        {
            "aws:region": REGION,
            "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
            "scheduled-jobs:schedules": {"limited": limited, "direct": "cron(0 2 1 1 ? *)"},
            "scheduled-jobs:alerts": {"sqs": [queue]},
        }
    )
    return program.up()


def deleted(outcome: Outcome) -> set[tuple[str, str]]:
    """Return types and names of what a deployment deleted."""
    return {(kind, name) for operation, kind, name in outcome.changes if operation == "delete"}


def test_supervisor_stays_for_the_last_run(sandbox: Sandbox, make_program: Callable[[str], Program]) -> None:
    """A run that goes on when its job is removed is stopped at its limit and alerted. Then the supervisor goes."""
    with inbox(sandbox, "last-inbox") as queue:
        program = make_program(STACK)
        program.write_jobs(files=FILES)
        deploy(program, queue.arn, "cron(0 * * * ? *)")
        alerting = Alerting(sandbox, program, queue)
        now = datetime.fromisoformat(sandbox.client.get("status")["now"])
        tick = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        alerting.stage(Fault(Kind.HANG, seconds=7200.0), "limited")
        sandbox.advance(tick - now + timedelta(minutes=10))

        removed = deploy(program, queue.arn, "off")
        assert deleted(removed) >= OF_THE_JOB
        assert deleted(removed) & OF_THE_SUPERVISOR == set()
        assert "supervisor: no job is supervised any more" in removed.output

        sandbox.advance(timedelta(minutes=30))
        [run] = alerting.tick("limited", tick).runs.values()
        assert run.outcome == "timed-out"
        assert [alert["class"] for alert in alerting.of("limited")] == ["timed-out"]

        assert deleted(deploy(program, queue.arn, "off")) == OF_THE_SUPERVISOR
        assert program.run("up", "--expect-no-changes").code == 0
        assert program.run("destroy").code == 0
