"""A deployed stack whose alerts a queue receives, and the ledger in which its watch records them."""

from __future__ import annotations

import dataclasses
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jsonschema

from sandbox.session import CHECKOUT
from tests.engine.account import REGION
from watch.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from emulator.fault_injection.faults import Fault
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program
    from watch.records import Tick


SCHEMA = json.loads((CHECKOUT / "docs" / "alert.schema.json").read_text())


@dataclass(frozen=True)
class Inbox:
    """A queue to which topics may send."""

    url: str
    arn: str


@contextmanager
def inbox(sandbox: Sandbox, name: str) -> Iterator[Inbox]:
    """Make a queue, and delete it in the end."""
    sqs = sandbox.account.client("sqs")
    arn = f"arn:aws:sqs:{REGION}:123456789012:{name}"
    may_send = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**may_send, "Resource": arn}]})
    url = sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    yield Inbox(url, arn)
    sqs.delete_queue(QueueUrl=url)


@dataclass
class Alerting:
    """The deployed stack, and the alerts that it has sent."""

    sandbox: Sandbox
    program: Program
    inbox: Inbox
    """The queue that is subscribed."""
    received: list[dict[str, Any]] = field(default_factory=list)

    @property
    def group(self) -> str:
        """The name of the schedule group."""
        return f"scheduled-jobs-{self.program.stack.name}"

    def alerts(self) -> list[dict[str, Any]]:
        """Receive the new alerts; return all alerts so far."""
        client = self.sandbox.account.client("sqs")
        while messages := client.receive_message(
            QueueUrl=self.inbox.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            for message in messages:
                notification = json.loads(message["Body"])
                if notification["TopicArn"].endswith(f":{self.group}-alerts"):
                    self.received.append(json.loads(notification["Message"]))
                client.delete_message(QueueUrl=self.inbox.url, ReceiptHandle=message["ReceiptHandle"])
        return self.received

    def of(self, job: str) -> list[dict[str, Any]]:
        """Return the alerts of one job."""
        return [alert for alert in self.alerts() if alert.get("job") == job]

    def told(self, job: str, since: datetime | None = None) -> list[tuple[str, str, str | None]]:
        """Return kind, class and tick of each message about a job's ticks, or about those from `since` on."""
        for alert in self.of(job):
            jsonschema.validate(alert, SCHEMA)
        found = [(alert["kind"], alert["class"], alert["tick"]) for alert in self.of(job)]
        return [one for one in found if since is None or (one[2] or "") >= text(since)]

    def problems(self, address: str = "on-call@example.com") -> list[dict[str, Any]]:
        """Return the mails about the watch itself."""
        mails = self.sandbox.client.get("mail")
        return [mail for mail in mails if mail["topic"].endswith(f":{self.group}-problems") and mail["to"] == address]

    def given_up(self) -> list[dict[str, Any]]:
        """Take some of the records of what the watch gave up."""
        client = self.sandbox.account.client("sqs")
        queue = client.get_queue_url(QueueName=f"{self.group}-given-up")["QueueUrl"]
        messages = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    def stage(self, fault: Fault, job: str | None, times: int = 1) -> None:
        """Stage a fault."""
        self.sandbox.client.send("POST", "faults", {**dataclasses.asdict(fault), "job": job, "times": times})

    def tick(self, job: str, tick: datetime) -> Tick:
        """Return a tick of the ledger."""
        [found] = [one for one in self.ledger().ticks(job) if one.tick == text(tick)]
        return found

    def ledger(self) -> Ledger:
        """Return the ledger."""
        return Ledger(self.sandbox.account.client("dynamodb"), self._table, 90)

    def ledger_items(self) -> list[dict[str, Any]]:
        """Return all items of the ledger as DynamoDB has them."""
        items: list[dict[str, Any]] = self.sandbox.account.client("dynamodb").scan(TableName=self._table)["Items"]
        return items

    @property
    def _table(self) -> str:
        """The table of the ledger. A stack that is made anew has another one. The CLI would take a second to tell."""
        [stack] = [known for urn, known in self.program.state().items() if "::pulumi:pulumi:Stack::" in urn]
        table: str = stack["outputs"]["ledger"]
        return table


def text(moment: datetime) -> str:
    """Return a moment as alerts and the sandbox have it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
