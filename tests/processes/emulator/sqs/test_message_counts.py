"""The messages of a queue are counted as SQS counts them, with one look at the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.core import utils
from moto.sqs import models
from moto.sqs.models import sqs_backends

from emulator.sqs import message_counts
from tests.processes.emulator.world import ACCOUNT, REGION, client

if TYPE_CHECKING:
    import pytest

    from tests.processes.emulator.world import World

COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")


def url() -> str:
    """Return the queue's URL."""
    return str(client("sqs").get_queue_url(QueueName="dead")["QueueUrl"])


def counted() -> tuple[int, ...]:
    """Return how many messages are visible, hidden and delayed."""
    found = client("sqs").get_queue_attributes(QueueUrl=url(), AttributeNames=["All"])["Attributes"]
    return tuple(int(found[name]) for name in COUNTS)


def test_counted(world: World) -> None:
    """Messages are visible, hidden by a receiver until the visibility timeout is over, or delayed."""
    for delay in (0, 0, 0, 60):
        client("sqs").send_message(QueueUrl=url(), MessageBody="a", DelaySeconds=delay)
    assert counted() == (3, 0, 1)
    client("sqs").receive_message(QueueUrl=url(), MaxNumberOfMessages=2, VisibilityTimeout=30)
    assert counted() == (1, 2, 1)
    world.advance(seconds=30, milliseconds=1)
    assert counted() == (3, 0, 1)
    world.advance(seconds=30)
    assert counted() == (4, 0, 0)


def test_one_look(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of looks at the clock does not grow with the queue."""
    del world
    looks: list[float] = []

    def look() -> float:
        looks.append(utils.unix_time_millis())
        return looks[-1]

    for module in (models, message_counts):
        monkeypatch.setattr(module, "unix_time_millis", look)
    per_message = []
    for _ in range(30):
        before = len(looks)
        client("sqs").send_message(QueueUrl=url(), MessageBody="a")
        per_message.append(len(looks) - before)
    assert len(set(per_message)) == 1
    assert len(sqs_backends[ACCOUNT][REGION].queues["dead"].messages) == 30
