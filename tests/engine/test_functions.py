"""Jobs that are a Lambda function, on the real engine: deployed, run, failed, retried, throttled, and removed."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox
from tests.engine.supervised import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "functions"
GROUP = f"scheduled-jobs-{STACK}"
ACCOUNT = "123456789012"
HOURLY = "cron(0 * * * ? *)"
WATCH = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{GROUP}-watch"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
GRANT = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": WATCH}
LOGS = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*",
}
CODE = {
    "works": "print('rates of', event['tick'])",
    "fails": "print('no table')\n    raise ValueError('no rates today')",
    "hangs": "print('waits'); __import__('time').sleep(60)",
    "retried": "print('attempt', event['attempt'])\n    if event['attempt'] == 1: raise ValueError('not yet')",
}


def allow(sandbox: Sandbox, name: str, *statements: object) -> None:
    """Give the role of a function these statements alone."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    sandbox.account.client("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)


def make(sandbox: Sandbox, name: str, code: str) -> None:
    """Make a function that somebody else owns, with a role of its own, which may not tell the watch anything."""
    role = sandbox.account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    allow(sandbox, name, LOGS)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("app.py", f"def handle(event, context):\n    {code}\n")
    sandbox.account.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="app.handle",
        Timeout=3,
        Code={"ZipFile": archive.getvalue()},
    )


@pytest.fixture
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Lay out functions of others, and jobs that they run; a queue has the alerts."""
    functions, iam = sandbox.account.client("lambda"), sandbox.account.client("iam")
    for name, code in CODE.items():
        make(sandbox, name, code)
    with inbox(sandbox, STACK) as queue:
        program = make_program(STACK)
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
        program.write_jobs(
            files={
                name: "from settings import Function, Job\n\n"
                f"JOB = Job(name={name!r}, owner='data', function=Function({arn + name!r}), overlap='skip', "
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
        assert functions.list_aliases(FunctionName=name)["Aliases"] == []
        functions.delete_function(FunctionName=name)
        iam.delete_role_policy(RoleName=name, PolicyName="own")
        iam.delete_role(RoleName=name)


def found_by_doctor(program: Program) -> set[tuple[str, str]]:
    """Return what doctor finds of the function of each job."""
    findings = json.loads(program.ops("doctor", "--stack", STACK, "--json").stdout)["findings"]
    return {(job, one["code"]) for one in findings if one["link"] == "function" for job in one["jobs"]}


def test_runs_fails_and_is_retried(sandbox: Sandbox, alerting: Alerting) -> None:
    """A preview wants what the owner must grant. Each end is told, a tick runs once, and no function is changed."""
    program, functions = alerting.program, sandbox.account.client("lambda")
    refused = program.run("preview")
    assert refused.code != 0
    assert f"its owner must add the statement {json.dumps(GRANT)}" in refused.output
    for name in CODE:
        allow(sandbox, name, LOGS, GRANT)
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
