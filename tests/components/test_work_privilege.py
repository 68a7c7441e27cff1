"""Tests that roles can do with a worker's runs what they must, with the policies of the embedded AWS, and no more."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from aws_facts.arn import Arn
from components.function_policy import settle_claims
from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from supervisor.account import Account
from supervisor.supervisor import Supervisor
from tests.components.embedded import REGION
from tests.components.stacks import PLACE
from tests.components.test_supervisor_privilege import actions
from tests.components.test_work_places import CLAIMS, QUEUE, WAITING, worker
from tests.components.watching import Deployed
from watch import instants
from watch.claims import WorkRun
from watch.facts import Facts
from watch.function_variables import LEDGER
from watch.launches import Message
from watch.ledger import Ledger
from watch.sweep import Sweep, SweepError
from watch.task import Origin
from watch.watched_account import WatchedAccount
from watch.watcher import Watcher

if TYPE_CHECKING:
    from tests.components.embedded import EmbeddedCloud

JOB, SUPERVISOR, WATCH = "refresh-cache", "jobs-staging-supervisor", "jobs-watch"
FACTS = Facts(project="jobs", stack="staging", group="jobs-staging", rerun="again {schedule} {tick}")
SETTLING = settle_claims(CLAIMS)["Action"]
"""The actions on claims, of which each is to be needed."""


class Working:
    """A job that workers run, and a clock that the test moves."""

    def __init__(self, cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        """Deploy the job. No worker takes its runs."""
        cloud.run(worker())
        self.cloud, self._monkeypatch = cloud, monkeypatch
        self.now = datetime.now(UTC).replace(microsecond=0)

    @property
    def claims(self) -> dict[str, str]:
        """The states of all claims by their ids."""
        items = self.cloud.client("dynamodb").scan(TableName=CLAIMS.rpartition("/")[2])["Items"]
        return {item["run"]["S"]: item["state"]["S"] for item in items}

    def supervise(self) -> set[str]:
        """Let the supervisor launch a run that nobody takes, until its limit; return what it has achieved."""
        configuration = self.cloud.client("lambda").get_function_configuration(FunctionName=SUPERVISOR)
        for name, value in self.cloud.embedded.identities.credentials(configuration["Role"]).environment().items():
            self._monkeypatch.setenv(name, value)
        self._monkeypatch.setenv("AWS_ENDPOINT_URL", self.cloud.clients.endpoint_url)
        self._monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        self._monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the credentials of the test before
        watched, table = WatchedAccount(), configuration["Environment"]["Variables"][LEDGER]
        ledger, where = Ledger(watched.dynamodb, table, FACTS.retention_days), Arn.parse(configuration["FunctionArn"])
        watcher = Watcher(FACTS, watched, ledger, "", where=where, clock=lambda: self.now, tell=lambda _: None)
        supervisor = Supervisor(watcher, Account(lambda: self.now), lambda: self.now)
        tick = instants.text(self.now)
        supervisor.take(Message(job=JOB, schedule=JOB, tick=tick))
        self.now += timedelta(seconds=WAITING.start_timeout + 60)
        supervisor.take(Message(job=JOB))
        found = ledger.tick((JOB, tick))
        outcomes = [run.outcome for run in found.runs.values()] if found else []
        achieved = {"sent"} if self._sent() else set()
        achieved |= {"withdrawn"} if [*self.claims.values()] == ["stopped"] else set()
        return achieved | ({"recorded"} if outcomes == ["not-started"] else set())

    def watch(self) -> list[str]:
        """Let the watch find a worker that is lost; return the outcomes of the run."""
        deployed = Deployed(self.cloud, self._monkeypatch, FACTS, lambda: self.now)
        tick = instants.text(self.now)
        run = WorkRun(QUEUE, JOB, tick, "", 1)
        deployed.watch.about(JOB).take_task(JOB, run.queued(self.now), Origin(JOB, tick, ""))
        self.cloud.client("dynamodb").put_item(
            TableName=CLAIMS.rpartition("/")[2],
            Item={
                "run": {"S": run.id},
                "schedule": {"S": JOB},
                "tick": {"S": tick},
                "launch": {"N": "1"},
                "state": {"S": "claimed"},
                "lease": {"N": str(int(self.now.timestamp()) + 60)},
            },
        )
        self.now += timedelta(minutes=10)
        Sweep(deployed.watch).take()
        found = deployed.ledger.tick((JOB, tick))
        return [one.outcome for one in found.runs.values()] if found else []

    def role(self, name: str) -> str:
        """Return the name of the role that has this in its name."""
        found: list[str] = [one["RoleName"] for one in self.cloud.client("iam").list_roles()["Roles"]]
        return next(one for one in found if name in one)

    def remove(self, role: str, policy: str, sid: str, action: str) -> None:
        """Remove an action from a statement of a role's policy."""
        iam = self.cloud.client("iam")
        document: Any = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        [statement] = [one for one in document["Statement"] if one["Sid"] == sid]
        left = [one for one in actions(statement) if one != action]
        assert len(left) == len(actions(statement)) - 1
        kept = [one for one in document["Statement"] if one["Sid"] != sid]
        changed = [*kept, {**statement, "Action": left}] if left else kept
        iam.put_role_policy(
            RoleName=role, PolicyName=policy, PolicyDocument=json.dumps({**document, "Statement": changed})
        )

    def _sent(self) -> list[Any]:
        sqs = self.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=QUEUE.rpartition(":")[2])["QueueUrl"]
        return list(sqs.receive_message(QueueUrl=url).get("Messages", []))


@pytest.fixture
def working(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> Working:
    """Return a deployed job that workers run."""
    return Working(cloud, monkeypatch)


def test_the_supervisor_does_its_work(working: Working) -> None:
    """It sends the run with the launch role, and withdraws it at its limit with its own."""
    assert working.supervise() == {"sent", "withdrawn", "recorded"}


@pytest.mark.parametrize("action", SETTLING)
def test_the_supervisor_needs_every_action_on_claims(working: Working, action: str) -> None:
    """Without one of them the tick keeps its place, since nobody knows that no worker begins it."""
    working.remove(SUPERVISOR, "supervisor", "SettleClaims", action)
    assert "recorded" not in working.supervise()


def test_the_launch_role_needs_to_send(working: Working) -> None:
    """Without it nothing comes into the queue."""
    working.remove(working.role(JOB), "launch", "SendWork", "sqs:SendMessage")
    assert working.supervise() == set()


def test_the_watch_finds_a_lost_worker(working: Working) -> None:
    """It reads the claim, and gives the worker up before it says that the run was interrupted."""
    assert working.watch() == ["interrupted"]
    assert [*working.claims.values()] == ["lost"]


@pytest.mark.parametrize("action", SETTLING)
def test_the_watch_needs_every_action_on_claims(working: Working, action: str) -> None:
    """Without one of them its check fails."""
    working.remove(working.role(WATCH), "watch", "SettleClaims", action)
    with pytest.raises((AwsError, ClientError, SweepError)):
        working.watch()


@pytest.mark.parametrize(
    ("name", "action", "resource"),
    [
        *((name, "dynamodb:PutItem", CLAIMS) for name in (SUPERVISOR, WATCH)),
        *((name, "dynamodb:DeleteItem", CLAIMS) for name in (SUPERVISOR, WATCH)),
        *((name, "sqs:SendMessage", QUEUE) for name in (SUPERVISOR, WATCH)),
        *((name, "sqs:ReceiveMessage", QUEUE) for name in (SUPERVISOR, WATCH, JOB)),
        (JOB, "sqs:SendMessage", f"arn:aws:sqs:{PLACE}:jobs-staging-work-batch"),
        (JOB, "dynamodb:GetItem", CLAIMS),
    ],
)
def test_nothing_else_is_allowed(working: Working, name: str, action: str, resource: str) -> None:
    """Only the launch role sends work, only workers take it, and only they make claims."""
    arn = working.cloud.client("iam").get_role(RoleName=working.role(name))["Role"]["Arn"]
    with pytest.raises(AwsError, match="is not authorized"):
        roles.authorize(arn, Request(action, resource))
