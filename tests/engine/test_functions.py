"""Jobs that are a Lambda function, on the real engine: deployed, run, failed, retried, throttled, and removed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox
from tests.engine.own_functions import LOGS, allow, arn, delete, grant, make
from tests.engine.supervised import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "functions"
GROUP = f"scheduled-jobs-{STACK}"
HOURLY = "cron(0 * * * ? *)"
CODE = {
    "works": "print('rates of', event['tick'])",
    "fails": "print('no table')\n    raise ValueError('no rates today')",
    "hangs": "print('waits'); __import__('time').sleep(60)",
    "retried": "print('attempt', event['attempt'])\n    if event['attempt'] == 1: raise ValueError('not yet')",
}


@pytest.fixture
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Lay out functions of others, and jobs that they run; a queue has the alerts."""
    for name, code in CODE.items():
        make(sandbox, name, code)
    with inbox(sandbox, STACK) as queue:
        program = make_program(STACK)
        program.write_jobs(
            files={
                name: "from settings import Function, Job\n\n"
                f"JOB = Job(name={name!r}, owner='data', function=Function({arn(name)!r}), overlap='skip', "
                f"retries={int(name == 'retried')}, backoff='1m')\n".replace(", retries=0, backoff='1m'", "")
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
        assert program.run("destroy").code == 0
    for name in CODE:
        delete(sandbox, name)


def found_by_doctor(program: Program) -> set[tuple[str, str]]:
    """Return what doctor finds of the function of each job."""
    findings = json.loads(program.ops("doctor", "--stack", STACK, "--json").stdout)["findings"]
    return {(job, one["code"]) for one in findings if one["link"] == "function" for job in one["jobs"]}


def test_runs_fails_and_is_retried(sandbox: Sandbox, alerting: Alerting) -> None:
    """A preview wants what the owner must grant. Each end is told, a tick runs once, and no function is changed."""
    program, functions = alerting.program, sandbox.account.client("lambda")
    refused = program.run("preview")
    assert refused.code != 0
    assert f"its owner must add the statement {json.dumps(grant(GROUP))}" in refused.output
    for name in CODE:
        allow(sandbox, name, LOGS, grant(GROUP))
    before = {name: functions.get_function(FunctionName=name)["Configuration"] for name in CODE}
    program.up()
    assert program.run("up", "--expect-no-changes").code == 0
    assert {name: functions.get_function(FunctionName=name)["Configuration"] for name in CODE} == before

    hour = sandbox.pass_hour(minutes=10)
    assert alerting.tick("works", hour).outcome == "good"
    assert alerting.of("works") == []
    [alert] = alerting.of("fails")
    assert (alert["class"], alert["reason"], alert["stop"]) == ("failed", "ValueError: no rates today", None)
    assert "no table" in "\n".join(alert["log"]["lines"])
    assert alert["log"]["group"] == "/aws/lambda/fails"
    [alert] = alerting.of("hangs")
    assert (alert["class"], alert["reason"]) == ("timed-out", "Task timed out after 3.00 seconds")
    assert "waits" in "\n".join(alert["log"]["lines"])
    assert outcomes(alerting.tick("retried", hour)) == ["failed", "good"]
    assert alerting.of("retried") == []

    assert found_by_doctor(program) == {(name, "sound") for name in CODE}
    assert "no table" in program.ops("logs", "--stack", STACK, "fails").stdout
    assert alert["task"].rpartition("/")[2] in program.ops("history", "--stack", STACK, "hangs").stdout
    assert "No run of works goes on." in program.ops("stop", "--stack", STACK, "works", "--reason", "test").stdout

    sqs = sandbox.account.client("sqs")
    again = json.dumps({"schedule": "works", "tick": f"{hour:%Y-%m-%dT%H:%M:%SZ}"})
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=f"{GROUP}-launches")["QueueUrl"], MessageBody=again)
    sandbox.go_to(hour + timedelta(minutes=15))
    assert outcomes(alerting.tick("works", hour)) == ["good"]

    functions.put_function_concurrency(FunctionName="works", ReservedConcurrentExecutions=0)
    assert ("works", "function-never-runs") in found_by_doctor(program)
    hour = sandbox.pass_hour(minutes=40)
    [alert] = alerting.of("works")
    assert (alert["class"], alerting.tick("works", hour).outcome) == ("not-started", "not-started")
