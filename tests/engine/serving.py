"""A service whose processes take runs or begin them by themselves: how tests start them, and talk with their jobs."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from components.service_policy import take_work
from sandbox.session import CHECKOUT
from tests.engine.account import REGION
from tests.engine.alerting import text
from tests.engine.operators import ACCOUNT
from tests.engine.own_functions import arn as function_arn
from tests.loopback import HOST
from tests.processes.worker.fleet import Job, Process
from watch import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from components.statements import Statement
    from tests.engine.conftest import Sandbox

PLACEMENT = "web"
PATIENCE = 30.0
"""Seconds after which a test fails whose process says nothing."""
_LOOKS = 0.02
_BEAT = timedelta(seconds=15)
"""How often a worker extends its lease."""


def grants(group: str) -> list[Statement]:
    """Return the statements that the task role of a service needs whose containers take runs and begin them."""
    place = f"{REGION}:{ACCOUNT}"
    statements = take_work(
        queue_arn=f"arn:aws:sqs:{place}:{names.work_queue_name(group, PLACEMENT)}",
        claims_arn=f"arn:aws:dynamodb:{place}:table/{names.claims_name(group)}",
        watch_arn=function_arn(names.function_name(group)),
    )
    return list(statements)


@contextmanager
def granted(sandbox: Sandbox, role: str, group: str) -> Iterator[None]:
    """Let a task role do what its service's containers need, until the end."""
    iam = sandbox.account.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": grants(group)})
    iam.put_role_policy(RoleName=role, PolicyName=group, PolicyDocument=document)
    yield
    iam.delete_role_policy(RoleName=role, PolicyName=group)


@dataclass
class Service:
    """The processes of a service."""

    sandbox: Sandbox
    group: str
    variables: dict[str, str]
    listener: socket.socket
    processes: ExitStack

    def start(self, *words: str) -> Process:
        """Start a process: `worker`, or `once` with a job and a tick."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.service", *words],
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.callback(_end, process)
        return Process(process)

    def worker(self) -> Process:
        """Start a worker, and wait until it is one."""
        started = self.start("worker")
        started.logged("worker-started")
        return started

    def job(self) -> Job:
        """Wait for a job to begin, and return this end of its connection."""
        connection, _ = self.listener.accept()
        self.processes.enter_context(connection)
        connection.settimeout(PATIENCE)
        with connection.makefile("r") as lines:
            return Job(json.loads(lines.readline()), connection)

    def later_job(self) -> Job:
        """Move the clock second by second until a job begins, and return this end of its connection."""
        self.until(lambda: bool(select.select([self.listener], [], [], 0)[0]))
        return self.job()

    @property
    def others(self) -> list[dict[str, Any]]:
        """What the jobs tell that have begun, and that nobody has waited for."""
        found = []
        while select.select([self.listener], [], [], 0)[0]:
            found.append(self.job().told)
        return found

    def claim(self, schedule: str, tick: datetime, launch: int = 1) -> dict[str, Any]:
        """Return the claim of a launch, without the types of its attributes; empty if there is none."""
        key = {"run": {"S": names.claimed_run(schedule, text(tick), "", launch)}}
        found = self.sandbox.account.client("dynamodb").get_item(
            TableName=names.claims_name(self.group), Key=key, ConsistentRead=True
        )
        return {name: int(value["N"]) if "N" in value else value["S"] for name, value in found.get("Item", {}).items()}

    def messages(self) -> int:
        """Return how many messages the work queue has, received or not."""
        sqs = self.sandbox.account.client("sqs")
        url = sqs.get_queue_url(QueueName=names.work_queue_name(self.group, PLACEMENT))["QueueUrl"]
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return sum(map(int, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"].values()))

    def until(self, done: Callable[[], bool], step: timedelta = timedelta(seconds=1)) -> None:
        """Move the clock step by step until something is so."""
        soon(done, lambda: self.sandbox.advance(step))

    def work_on(self, schedule: str, tick: datetime, duration: timedelta) -> None:
        """Move the clock while a job works: each time that its lease is to be extended, wait until it is."""
        end = self.sandbox.now + duration
        while self.sandbox.now < end:
            lease = self.claim(schedule, tick)["lease"]
            self.sandbox.go_to(min(self.sandbox.now + _BEAT + timedelta(seconds=1), end))
            if self.sandbox.now < end:
                soon(lambda: self.claim(schedule, tick)["lease"] > lease)  # noqa: B023 - called here


def soon(done: Callable[[], bool], meanwhile: Callable[[], object] = lambda: None) -> None:
    """Wait until something is so that another process does."""
    never = threading.Event()
    for _ in range(int(PATIENCE / _LOOKS)):
        if done():
            return
        never.wait(_LOOKS)
        meanwhile()
    raise AssertionError("what was waited for has not come")


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@contextmanager
def serving(sandbox: Sandbox, group: str, role: str) -> Iterator[Service]:
    """Have a service without processes, whose tasks have this role."""
    shown = sandbox.client.service_environment(f"arn:aws:iam::{ACCOUNT}:role/{role}")
    path = os.pathsep.join([shown["PYTHONPATH"], str(CHECKOUT / "worker"), str(CHECKOUT)])
    with socket.create_server((HOST, 0)) as listener, ExitStack() as processes:
        listener.settimeout(PATIENCE)
        own = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": path,
            "SCHEDULED_JOBS_GROUP": group,
            "SCHEDULED_JOBS_PLACEMENT": PLACEMENT,
            "TEST_PORT": str(listener.getsockname()[1]),
        }
        yield Service(sandbox, group, {**shown, **own}, listener, processes)
