"""Jobs whose handler is in a folder, on the real engine: packaged, deployed, run to each end, changed, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Fault, FunctionFailure, Kind
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox
from tests.engine.supervised import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "handlers"
GROUP = f"scheduled-jobs-{STACK}"
HOURLY = "cron(0 * * * ? *)"
CODE = {
    "works": "print(os.environ['SOURCE'], event['tick'])",
    "fails": "print('no table')\n    raise ValueError('no rates today')",
    "killed": "print('never said')",
    "hangs": "print('never said')",
}


def write(folder: Path, code: str) -> None:
    """Write the folder of a handler."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text(f"import os\ndef handle(event, context):\n    {code}\n")


@pytest.fixture
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Lay out jobs with a folder each; a queue has the alerts."""
    with inbox(sandbox, STACK) as queue:
        program = make_program(STACK)
        for name, code in CODE.items():
            write(program.source / "functions" / name, code)
        program.write_jobs(
            files={
                name: "from settings import Handler, Job\n\n"
                f"JOB = Job(name={name!r}, owner='data', timeout='5m', function=Handler("
                f"'functions/{name}', handler='app.handle', environment={{'SOURCE': 'ecb'}}))\n"
                for name in CODE
            }
        )
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {},
                "scheduled-jobs:schedules": dict.fromkeys(CODE, HOURLY),
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        yield Alerting(sandbox, program, queue)
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0
    named = [one["FunctionName"] for one in sandbox.account.client("lambda").list_functions()["Functions"]]
    assert [name for name in named if name.startswith(GROUP)] == []


def test_runs_with_each_end(sandbox: Sandbox, alerting: Alerting) -> None:
    """Each end is told. A change of the code updates the function alone, and a mistake in a folder ends a preview."""
    program = alerting.program
    program.up()
    assert program.run("up", "--expect-no-changes").code == 0
    for name, fails in (("killed", FunctionFailure.MEMORY), ("hangs", FunctionFailure.TIMEOUT)):
        alerting.stage(Fault(Kind.FUNCTION, name=f"{GROUP}-job-{name}", fails=fails), None)

    hour = sandbox.pass_hour(minutes=10)
    assert alerting.tick("works", hour).outcome == "good"
    assert alerting.of("works") == []
    [alert] = alerting.of("fails")
    assert (alert["class"], alert["reason"]) == ("failed", "ValueError: no rates today")
    assert "no table" in "\n".join(alert["log"]["lines"])
    assert alert["log"]["group"] == f"/aws/lambda/{GROUP}-job-fails"
    [alert] = alerting.of("killed")
    assert (alert["class"], "signal: killed" in alert["reason"]) == ("failed", True)
    assert "Runtime.OutOfMemory" in "\n".join(alert["log"]["lines"])
    [alert] = alerting.of("hangs")
    assert (alert["class"], alert["reason"]) == ("timed-out", "Task timed out after 300.00 seconds")

    write(program.source / "functions" / "fails", "print('rates of', event['tick'])")
    assert program.up().changes == {("update", "Function", "fails")}
    hour = sandbox.pass_hour(minutes=10)
    assert outcomes(alerting.tick("fails", hour)) == ["good"]

    (program.source / "functions" / "works" / "requirements.txt").write_text("requests\n")
    refused = program.run("preview")
    assert refused.code != 0
    assert "functions/works/requirements.txt:1: requests must be pinned with ==" in refused.output
