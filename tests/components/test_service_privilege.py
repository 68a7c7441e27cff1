"""Tests that a service's task role needs exactly the permissions that its owner is told, with the shipped library."""

from __future__ import annotations

import json
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from components.service_policy import claim_runs, take_work
from scheduled_jobs_worker import aws, this_minute
from scheduled_jobs_worker.claims import Claims
from scheduled_jobs_worker.dynamodb_store import DynamoDbStore
from scheduled_jobs_worker.handling import Queue
from scheduled_jobs_worker.once import once
from scheduled_jobs_worker.place import Place
from scheduled_jobs_worker.reports import Reporter
from scheduled_jobs_worker.runs import Run, Verdict
from tests.components.embedded import ACCOUNT, REGION
from tests.components.stacks import PLACE
from tests.components.test_work_places import CLAIMS, QUEUE, worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.components.embedded import EmbeddedCloud

GROUP = "jobs-staging"
WATCH = f"arn:aws:lambda:{PLACE}:function:jobs-staging-watch"
TAKE = take_work(queue_arn=QUEUE, claims_arn=CLAIMS, watch_arn=WATCH)
CLAIM = claim_runs(claims_arn=CLAIMS, watch_arn=WATCH)
TICK = datetime(2027, 1, 4, 2, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service"


class Service:
    """A deployed group, and a process with the credentials of the service's task role."""

    def __init__(self, cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        """Deploy a job of workers, and make the role."""
        cloud.run(worker())
        self._cloud = cloud
        trust = {"Version": "2012-10-17", "Statement": []}
        cloud.client("iam").create_role(RoleName="service", AssumeRolePolicyDocument=json.dumps(trust))
        for name, value in cloud.embedded.identities.credentials(ROLE).environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.clients.endpoint_url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the credentials of the test before
        monkeypatch.setattr(aws, "client", self._client)
        self._clients: list[Any] = []

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        self._clients.append(boto3.client(service))  # type: ignore[call-overload]
        return self._clients[-1]

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    def allow(self, statements: Sequence[dict[str, Any]]) -> None:
        """Give the role these permissions and no others."""
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self._cloud.client("iam").put_role_policy(RoleName="service", PolicyName="jobs", PolicyDocument=document)

    def take(self) -> None:
        """Do all that a worker does for a run that it takes; raise if a call is denied."""
        own = self._cloud.client("sqs")
        own.send_message(QueueUrl=own.get_queue_url(QueueName="jobs-staging-work-web")["QueueUrl"], MessageBody="{}")
        polling = aws.client("sqs")
        queue = Queue(polling, polling.get_queue_url(QueueName="jobs-staging-work-web")["QueueUrl"])
        [received] = polling.receive_message(QueueUrl=queue.url)["Messages"]
        claims, now = Claims(aws.client("dynamodb"), GROUP, "me"), time.time()
        run = Run("refresh-cache", "refresh-cache", TICK, token=claims.next_token("refresh-cache", now))
        assert claims.find(run.id) is None
        assert claims.begin(run, now, now + 60)
        reporter = Reporter.of(GROUP, Place("host", ACCOUNT))
        name = f"{QUEUE}/{run.id}"
        reporter.began(run, name, "2027-01-04T02:00:00Z")
        assert claims.extend(run, now + 120)
        queue.keep(received["ReceiptHandle"])
        assert claims.end(run, Verdict("good", 0), now)
        reporter.ended(run, name, Verdict("good", 0), "2027-01-04T02:00:00Z", "2027-01-04T02:00:05Z")
        queue.delete(received["ReceiptHandle"])

    def claim(self) -> None:
        """Do all that a process does for a tick that it claims; raise if a call is denied."""
        store = DynamoDbStore(GROUP)
        with once("sweep-carts", this_minute(), store) as run:
            assert run is not None
        store.ledger.reporter.began(run, store.ledger.name(run), "2027-01-04T02:00:00Z")


@pytest.fixture
def service(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Return a service beside a deployed group."""
    with closing(Service(cloud, monkeypatch)) as found:
        yield found


def test_a_worker_does_its_work(service: Service) -> None:
    """The statements that are told are enough."""
    service.allow(TAKE)
    service.take()


def test_a_process_does_its_work(service: Service) -> None:
    """The statements that are told are enough."""
    service.allow(CLAIM)
    service.claim()


def actions(statement: dict[str, Any]) -> list[str]:
    """Return the actions of a statement."""
    found = statement["Action"]
    return [found] if isinstance(found, str) else list(found)


def without(statements: Sequence[dict[str, Any]], action: str) -> Iterator[dict[str, Any]]:
    """Yield the statements without one action."""
    for statement in statements:
        if left := [one for one in actions(statement) if one != action]:
            yield {**statement, "Action": left}


@pytest.mark.parametrize(
    ("statements", "work", "action"),
    [
        *((TAKE, Service.take, action) for statement in TAKE for action in actions(statement)),
        *((CLAIM, Service.claim, action) for statement in CLAIM for action in actions(statement)),
    ],
)
def test_needs_every_action(
    service: Service, statements: Sequence[dict[str, Any]], work: Callable[[Service], None], action: str
) -> None:
    """Without any one of them, the process is refused a call."""
    service.allow(list(without(statements, action)))
    with pytest.raises(ClientError) as refused:
        work(service)
    assert action in str(refused.value)
