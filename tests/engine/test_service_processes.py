"""Processes beside the sandbox, as the containers of a running service: its queues, its roles and its time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from datetime import timedelta
from typing import IO, TYPE_CHECKING

import pytest

from sandbox.errors import SandboxError
from tests.loopback import ended

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.conftest import Sandbox

NAME = "service-processes"
WORKER = """
import datetime, json, os, sys
import boto3

def tell(*said):
    print(json.dumps([os.getpid(), *said]), flush=True)

sqs = boto3.client("sqs")
url = sqs.get_queue_url(QueueName=sys.argv[1])["QueueUrl"]
tell("ready")
while True:
    for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", []):
        tell(message["Body"], datetime.datetime.now(datetime.UTC).isoformat())
        if message["Body"] != "hold":
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
"""


@pytest.fixture
def role(sandbox: Sandbox) -> Iterator[str]:
    """Make a queue, and the task role of a service that works on it; return its ARN."""
    iam, sqs = sandbox.account.client("iam"), sandbox.account.client("sqs")
    url = sqs.create_queue(QueueName=NAME)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    work = [f"sqs:{action}" for action in ("GetQueueUrl", "ReceiveMessage", "DeleteMessage")]
    policy = {"Effect": "Allow", "Action": work, "Resource": arn}
    trusting, working = (json.dumps({"Version": "2012-10-17", "Statement": [one]}) for one in (trust, policy))
    made = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=trusting)["Role"]
    iam.put_role_policy(RoleName=NAME, PolicyName="work", PolicyDocument=working)
    yield str(made["Arn"])
    sqs.delete_queue(QueueUrl=url)
    iam.delete_role_policy(RoleName=NAME, PolicyName="work")
    iam.delete_role(RoleName=NAME)


@pytest.fixture
def workers(sandbox: Sandbox, role: str) -> Iterator[tuple[dict[int, subprocess.Popen[bytes]], IO[bytes]]]:
    """Run three workers, and return them by their process ids with what they tell, line by line."""
    reading, writing = os.pipe()
    with ExitStack() as stack:
        told = stack.enter_context(os.fdopen(reading, "rb"))
        processes = {}
        for _ in range(3):
            variables = {"PATH": os.defpath, **sandbox.client.service_environment(role)}
            process = subprocess.Popen([sys.executable, "-c", WORKER, NAME], env=variables, stdout=writing)
            stack.enter_context(ended(process))
            processes[process.pid] = process
        os.close(writing)
        assert {tuple(json.loads(told.readline())) for _ in processes} == {(pid, "ready") for pid in processes}
        yield processes, told


def test_a_message_reaches_one_of_three_processes_at_the_sandbox_s_time(
    sandbox: Sandbox, workers: tuple[dict[int, subprocess.Popen[bytes]], IO[bytes]]
) -> None:
    """The message of a process that dies goes to another one when its visibility timeout is over."""
    processes, told = workers
    sqs = sandbox.account.client("sqs")
    url = sqs.get_queue_url(QueueName=NAME)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hold", DelaySeconds=60)
    sandbox.advance(timedelta(seconds=60))
    holder, *said = json.loads(told.readline())
    assert said == ["hold", sandbox.now.isoformat()]
    processes[holder].kill()
    processes[holder].wait()
    sandbox.advance(timedelta(seconds=29))
    sqs.send_message(QueueUrl=url, MessageBody="short")
    _, *said = json.loads(told.readline())
    assert said == ["short", sandbox.now.isoformat()]
    sandbox.advance(timedelta(seconds=1))
    other, *said = json.loads(told.readline())
    assert (other != holder, said) == (True, ["hold", sandbox.now.isoformat()])


def test_keys_of_a_role_that_ecs_may_not_use_are_refused(sandbox: Sandbox) -> None:
    """The reason is told."""
    with pytest.raises(SandboxError, match="does not exist"):
        sandbox.client.service_environment("arn:aws:iam::123456789012:role/nobody")
