"""A fleet of worker processes on the embedded AWS, and the test's ends of the lines to their jobs."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.gateway.gateway import AwsError
from tests.processes.emulator.world import ACCOUNT, REGION, START, Host, client, document, opened, served
from tests.processes.worker.shown_clock import ShownClock
from watch import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from emulator.gateway.gateway import Call
    from tests.processes.emulator.world import World

CHECKOUT = Path(__file__).parents[3]
GROUP, PLACEMENT = "shop", "web"
QUEUE = names.work_queue_name(GROUP, PLACEMENT)
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE}"
TABLE = names.claims_name(GROUP)
WATCH = names.function_name(GROUP)
TICK = "2027-01-04T02:00:00Z"
PATIENCE = 20
"""Seconds of the machine after which a test fails whose process says nothing."""

_BEAT = "sqs:ChangeMessageVisibility"
"""The last call of a heartbeat."""

GRANTS: tuple[dict[str, Any], ...] = (
    {
        "Effect": "Allow",
        "Action": [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueUrl",
        ],
        "Resource": QUEUE_ARN,
    },
    {
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
        "Resource": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}",
    },
    {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{WATCH}",
    },
)
"""What docs/workers.md asks of a service's task role."""


@dataclass
class Job:
    """A job that runs, at the other end of its connection."""

    told: dict[str, Any]
    connection: socket.socket

    def order(self, order: str) -> None:
        """Ask the job for something."""
        self.connection.sendall(f"{order}\n".encode())

    def line(self) -> str:
        """Return the next line of the job; empty when its process has ended."""
        with self.connection.makefile("r") as lines:
            try:
                return lines.readline().strip()
            except ConnectionResetError:
                return ""

    def has_ended(self) -> bool:
        """Wait for the end of the job's process."""
        return self.line() == ""


class Process:
    """A worker process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Read what a process logs."""
        self.process = process
        assert process.stdout is not None
        self._lines = process.stdout

    def logged(self, event: str) -> dict[str, Any]:
        """Return the next line about an event; lines about others are passed over."""
        for line in self._lines:
            if line.startswith("{") and (found := json.loads(line))["event"] == event:
                return dict(found)
        raise AssertionError(f"the worker ended without {event}")

    def logged_until(self, event: str) -> list[str]:
        """Return the events that are logged until this one."""
        found = [""]
        while found[-1] != event:
            found.append(json.loads(self._lines.readline())["event"])
        return found[1:]

    def rest(self) -> list[str]:
        """Wait for the end, and return the events that were logged until then."""
        found = [json.loads(line)["event"] for line in self._lines if line.startswith("{")]
        assert self.process.wait(PATIENCE) == 0
        return found

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        self.process.send_signal(number)


@dataclass
class Fleet:
    """An account with a work queue, a table of claims and a watch, and the workers of a service."""

    world: World
    clock: ShownClock
    variables: dict[str, str]
    listener: socket.socket
    reports: list[dict[str, Any]] = field(default_factory=list)
    """What the watch was told."""
    calls: Counter[str] = field(default_factory=Counter)
    """How often workers have called each operation."""
    called: threading.Condition = field(default_factory=threading.Condition)
    failing: set[str] = field(default_factory=set)
    """The services that do not answer them now."""
    started: dict[int, subprocess.Popen[str]] = field(default_factory=dict)
    """The processes of the service, by their ids."""
    processes: ExitStack = field(default_factory=ExitStack)

    def build(self) -> None:
        """Make what a deployment makes."""
        iam, dynamodb = client("iam"), client("dynamodb")
        iam.put_role_policy(RoleName="task", PolicyName="work", PolicyDocument=document(*GRANTS))
        self.url: str = client("sqs").create_queue(QueueName=QUEUE)["QueueUrl"]
        dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "run", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "run", "AttributeType": "S"}],
        )
        dynamodb.put_item(TableName=TABLE, Item={"run": {"S": "token#hello"}, "token": {"N": "0"}})
        self.world.deploy("def handle(event, context): pass", FunctionName=WATCH)
        self.world.aws.invocations.queue = self._reported  # type: ignore[method-assign, assignment]
        self.world.aws.gateway.check_all(self._called)

    def _reported(self, _function: str, payload: str, _request: str) -> None:
        self.reports.append(json.loads(payload))

    def _called(self, call: Call) -> None:
        if self.world.aws.identities.role_of(call) is None:
            return
        with self.called:
            self.calls[f"{call.service}:{call.operation}"] += 1
            self.called.notify_all()
        if call.service in self.failing:
            raise AwsError("ServiceUnavailable", "not now")

    def start(self) -> Process:
        """Start a worker, and wait until it takes work."""
        made = Process(self.start_module("tests.processes.worker.service"))
        made.logged("worker-started")
        return made

    def start_module(self, name: str) -> subprocess.Popen[str]:
        """Start a process of the service."""
        process = subprocess.Popen(
            [sys.executable, "-m", name],
            cwd=CHECKOUT,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.callback(_killed, process)
        self.started[process.pid] = process
        return process

    def signal(self, job: Job, number: signal.Signals) -> None:
        """Send a signal to a process that has told its id."""
        self.started[job.told["pid"]].send_signal(number)

    def send(self, launch: int = 1, **changed: Any) -> str:  # noqa: ANN401 - members of a message
        """Send a launch as the supervisor does, and return the id of its run."""
        schedule, tick, rerun = changed.get("schedule", "hello"), changed.get("tick", TICK), changed.get("rerun", "")
        run = names.claimed_run(schedule, tick, rerun, launch)
        message = {
            "job": "hello",
            "task": "hello",
            "schedule": schedule,
            "tick": tick,
            "attempt": 1,
            "launch": launch,
            "run": f"{QUEUE_ARN}/{run}",
            "timeout": None,
            **changed,
        }
        self.send_body(json.dumps(message))
        return run

    def send_body(self, body: str) -> None:
        """Send a message."""
        client("sqs").send_message(QueueUrl=self.url, MessageBody=body)

    def job_in_time(self) -> Job:
        """Move the clocks, second by second, until a job begins."""
        self.until(lambda: bool(select.select([self.listener], [], [], 0)[0]), self.advance)
        return self.job()

    def job(self) -> Job:
        """Wait for the next job that begins."""
        connection, _ = self.listener.accept()
        self.processes.enter_context(connection)
        connection.settimeout(PATIENCE)
        with connection.makefile("r") as lines:
            return Job(json.loads(lines.readline()), connection)

    def advance(self, seconds: float) -> None:
        """Move the clock of AWS, and then that of the workers."""
        self.world.advance(seconds=seconds)
        self.clock.move(seconds)

    def beat(self, seconds: float) -> None:
        """Move the clocks, and wait until a worker has extended its lease."""
        before = self.calls[_BEAT]
        self.advance(seconds)
        with self.called:
            assert self.called.wait_for(lambda: self.calls[_BEAT] > before, PATIENCE)

    def until(self, done: Callable[[], bool], move: Callable[[float], object] | None = None) -> None:
        """Move the workers' clock, or all clocks, second by second, until what they do has come to this."""
        with self.called:
            for _ in range(20 * PATIENCE):
                if self.called.wait_for(done, 0.05):
                    return
                (move or self.clock.move)(1)
        raise AssertionError("what was waited for has not come")

    def claim(self, run: str) -> dict[str, Any]:
        """Return a claim without the types of its attributes; the holder and the expiry are left out."""
        item = client("dynamodb").get_item(TableName=TABLE, Key={"run": {"S": run}}, ConsistentRead=True)["Item"]
        found = {name: int(value["N"]) if "N" in value else value["S"] for name, value in item.items()}
        return {name: value for name, value in found.items() if name not in {"holder", "expires"}}

    def mark(self, run: str, state: str, **said: str) -> None:
        """Write what the supervisor writes into a claim."""
        values = {f":{name}": {"S": value} for name, value in {"state": state, **said}.items()}
        client("dynamodb").update_item(
            TableName=TABLE,
            Key={"run": {"S": run}},
            UpdateExpression="SET " + ", ".join(f"#{name[1:]} = {name}" for name in values),
            ExpressionAttributeNames={f"#{name[1:]}": name[1:] for name in values},
            ExpressionAttributeValues=values,
        )

    @property
    def waiting(self) -> int:
        """How many messages the queue has, received or not."""
        names_of = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = client("sqs").get_queue_attributes(QueueUrl=self.url, AttributeNames=names_of)["Attributes"]
        return sum(map(int, found.values()))

    @property
    def told(self) -> list[tuple[int, str, str]]:
        """Launch, state and outcome of each report, in order."""
        return [(one["launch"], one["state"], one.get("outcome", "")) for one in self.reports]


def _killed(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@contextmanager
def fleet(folder: Path) -> Iterator[Fleet]:
    """Open an account without workers."""
    clock = ShownClock.show(folder / "clock", START.timestamp())
    with served() as variables, opened(Host()) as world, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        keys = world.aws.identities.service_credentials(f"arn:aws:iam::{ACCOUNT}:role/task")
        mine = {
            **variables,
            **keys.environment(),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(CHECKOUT / "worker"), str(CHECKOUT)]),
            "SCHEDULED_JOBS_GROUP": GROUP,
            "SCHEDULED_JOBS_PLACEMENT": PLACEMENT,
            "SHOWN_CLOCK": str(folder / "clock"),
            "TEST_PORT": str(listener.getsockname()[1]),
        }
        made = Fleet(world, clock, mine, listener)
        made.build()
        with made.processes:
            yield made
