"""Messages are received by the sandbox's clock."""

from __future__ import annotations

import pytest
from moto.sqs.models import Queue

from tests.processes.emulator.world import Host, World, client, opened


class WaitedError(Exception):
    """moto waits for messages."""


@pytest.fixture(autouse=True)
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail instead of a wait that would not end."""

    def wait(_: Queue, timeout: int) -> None:
        raise WaitedError(timeout)

    monkeypatch.setattr(Queue, "wait_for_messages", wait)


def received(seconds: int | None) -> list[str]:
    """Return the messages that a receiver gets who waits."""
    url = client("sqs").get_queue_url(QueueName="dead")["QueueUrl"]
    wait = {} if seconds is None else {"WaitTimeSeconds": seconds}
    return [message["Body"] for message in client("sqs").receive_message(QueueUrl=url, **wait).get("Messages", [])]


def send(body: str, delay: int = 0) -> None:
    """Send a message."""
    url = client("sqs").get_queue_url(QueueName="dead")["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody=body, DelaySeconds=delay)


def test_wait_while_the_clock_stands_still(world: World) -> None:
    """A wait ends at once, because nothing can arrive before the clock moves."""
    assert received(20) == []
    send("a")
    assert received(20) == ["a"]
    send("b", delay=10)
    assert received(20) == []
    world.advance(seconds=10)
    assert received(20) == ["b"]


def test_wait_of_the_queue(world: World) -> None:
    """The queue's own wait ends at once too."""
    del world
    url = client("sqs").get_queue_url(QueueName="dead")["QueueUrl"]
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"ReceiveMessageWaitTimeSeconds": "20"})
    assert received(None) == []


def test_wait_while_the_clock_runs() -> None:
    """With a clock that runs a receiver waits for messages."""
    with opened(Host(), None), pytest.raises(WaitedError):
        received(20)
