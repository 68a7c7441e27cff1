"""The redrive policy of a queue is read as SQS writes it, and not as somebody wrote it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import DEAD, client

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

AS_READ = f'{{"deadLetterTargetArn":"{DEAD}","maxReceiveCount":5}}'


@pytest.mark.parametrize(
    "policy",
    [
        {"deadLetterTargetArn": DEAD, "maxReceiveCount": 5},
        {"maxReceiveCount": "5", "deadLetterTargetArn": DEAD},
    ],
    ids=["number", "text first"],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_as_sqs_writes_it(world: World, policy: dict[str, Any], indent: int | None) -> None:
    """Whatever its spaces, its order and the type of its number, a policy is read without spaces and with a number."""
    attributes = {"RedrivePolicy": json.dumps(policy, indent=indent)}
    url = client("sqs").create_queue(QueueName="jobs", Attributes=attributes)["QueueUrl"]
    other = client("sqs").create_queue(QueueName="later")["QueueUrl"]
    client("sqs").set_queue_attributes(QueueUrl=other, Attributes=attributes)
    for queue in (url, other):
        for names in (["All"], ["RedrivePolicy"]):
            found = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)
            assert found["Attributes"]["RedrivePolicy"] == AS_READ


def test_no_policy(world: World) -> None:
    """A queue without a redrive policy, and one whose policy was removed, have no such attribute."""
    url = client("sqs").create_queue(QueueName="jobs", Attributes={"RedrivePolicy": AS_READ})["QueueUrl"]
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert "RedrivePolicy" not in client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
