"""Messages are received by the sandbox's clock; only containers of services wait for them in real time."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.processes.emulator.world import (
    DEAD,
    REGION,
    TASK_ROLE,
    Host,
    World,
    client,
    client_as,
    document,
    opened,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

WORK = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueUrl")
SHORT = 1
"""Seconds that a receiver waits in vain."""


def url() -> str:
    """Return the queue's URL."""
    return str(client("sqs").get_queue_url(QueueName="dead")["QueueUrl"])


def received(seconds: int | None, sqs: Any = None, **given: object) -> list[str]:  # noqa: ANN401 - a client
    """Return the messages that a receiver gets who waits."""
    wait = {} if seconds is None else {"WaitTimeSeconds": seconds}
    answer = (sqs or client("sqs")).receive_message(QueueUrl=url(), **wait, **given)
    return [message["Body"] for message in answer.get("Messages", [])]


def send(body: str, delay: int = 0) -> None:
    """Send a message."""
    client("sqs").send_message(QueueUrl=url(), MessageBody=body, DelaySeconds=delay)


def allow(*actions: str) -> None:
    """Let the task role do this with the queue, and nothing else."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": DEAD}
    client("iam").put_role_policy(RoleName="task", PolicyName="work", PolicyDocument=document(statement))


def worker(world: World) -> Any:  # noqa: ANN401 - a client
    """Return a client of a container of a service that may work on the queue."""
    allow(*WORK)
    return client_as(world.aws.identities.service_credentials(TASK_ROLE), "sqs")


@pytest.fixture
def waiting() -> Iterator[Callable[..., Future[list[str]]]]:
    """Return what begins to wait for messages in a thread, and returns when that has begun."""
    begun = threading.Semaphore(0)
    with ThreadPoolExecutor() as pool:

        def begin(sqs: Any) -> Future[list[str]]:  # noqa: ANN401 - a client
            def receive() -> list[str]:
                begun.release()
                return received(20, sqs)

            future = pool.submit(receive)
            begun.acquire()
            return future

        yield begin


def test_wait_while_the_clock_stands_still(world: World) -> None:
    """A wait ends at once, because nothing can arrive before the clock moves."""
    begun = time.monotonic()
    assert received(20) == []
    send("a")
    assert received(20) == ["a"]
    send("b", delay=10)
    assert received(20) == []
    world.advance(seconds=10)
    assert received(20) == ["b"]
    client("sqs").set_queue_attributes(QueueUrl=url(), Attributes={"ReceiveMessageWaitTimeSeconds": "20"})
    assert received(None) == []
    assert time.monotonic() - begun < 20


def test_wait_while_the_clock_runs() -> None:
    """With a clock that runs every receiver waits for messages."""
    with opened(Host(), None):
        begun = time.monotonic()
        assert received(SHORT) == []
        assert time.monotonic() - begun >= SHORT


def test_a_container_of_a_service_waits_in_real_time(world: World) -> None:
    """Its own wait, or that of the queue, is over in vain after as many seconds of the machine."""
    sqs = worker(world)
    client("sqs").set_queue_attributes(QueueUrl=url(), Attributes={"ReceiveMessageWaitTimeSeconds": str(SHORT)})
    for seconds in (SHORT, None):
        begun = time.monotonic()
        assert received(seconds, sqs) == []
        assert time.monotonic() - begun >= SHORT
    assert received(0, sqs) == []


def test_a_wait_ends_with_the_message(world: World, waiting: Callable[..., Future[list[str]]]) -> None:
    """It is sent, its delay is over, the time of another receiver is over, or that one gives it back."""
    sqs = worker(world)
    receiver = waiting(sqs)
    send("a", delay=60)
    assert not receiver.done()
    world.advance(seconds=60)
    assert receiver.result(10) == ["a"]
    receiver = waiting(sqs)
    world.advance(seconds=29)
    assert not receiver.done()
    world.advance(seconds=1)
    assert receiver.result(10) == ["a"]
    receiver = waiting(sqs)
    send("b")
    assert receiver.result(10) == ["b"]
    world.advance(seconds=30)
    found = sqs.receive_message(QueueUrl=url(), MaxNumberOfMessages=10)["Messages"]
    receiver = waiting(sqs)
    handle = next(message["ReceiptHandle"] for message in found if message["Body"] == "b")
    sqs.change_message_visibility(QueueUrl=url(), ReceiptHandle=handle, VisibilityTimeout=0)
    assert receiver.result(10) == ["b"]


def test_a_receiver_extends_its_time_or_gives_the_message_back(world: World) -> None:
    """Each receipt counts, and dates are those of the sandbox."""
    sqs = worker(world)
    send("a")
    for count, extended in enumerate((60, 0, 0), start=1):
        (message,) = sqs.receive_message(QueueUrl=url(), AttributeNames=["All"], WaitTimeSeconds=20)["Messages"]
        assert message["Attributes"]["ApproximateReceiveCount"] == str(count)
        sent, first = (message["Attributes"][name] for name in ("SentTimestamp", "ApproximateFirstReceiveTimestamp"))
        assert sent == first
        sqs.change_message_visibility(
            QueueUrl=url(), ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=extended
        )
        if extended:
            world.advance(seconds=59)
            assert received(0, sqs) == []
            world.advance(seconds=1)
    sqs.delete_message(QueueUrl=url(), ReceiptHandle=message["ReceiptHandle"])
    world.advance(hours=1)
    assert received(0, sqs) == []


@pytest.mark.parametrize("how", ["late", "given back", "deleted"])
def test_a_receiver_cannot_extend_what_it_has_no_more(world: World, how: str) -> None:
    """Its time is over, whether somebody else has received the message or not."""
    sqs = worker(world)
    send("a")
    [message] = sqs.receive_message(QueueUrl=url())["Messages"]
    receipt = {"QueueUrl": url(), "ReceiptHandle": message["ReceiptHandle"]}
    if how == "late":
        world.advance(seconds=30)
    elif how == "given back":
        sqs.change_message_visibility(**receipt, VisibilityTimeout=0)
    else:
        sqs.delete_message(**receipt)
    code, text = refusal(lambda: sqs.change_message_visibility(**receipt, VisibilityTimeout=60))
    assert code == "InvalidParameterValue"
    assert text.endswith("Message does not exist or is not available for visibility timeout change.")
    assert received(0, sqs) == ([] if how == "deleted" else ["a"])


def test_one_message_has_one_receiver(world: World) -> None:
    """However many receivers wait at once."""
    sqs = worker(world)
    with ThreadPoolExecutor(max_workers=6) as pool:
        receivers = [pool.submit(received, SHORT * 3, sqs) for _ in range(6)]
        for number in range(4):
            send(str(number))
        found = [body for receiver in receivers for body in receiver.result(30)]
    assert sorted(found) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("missing", WORK)
def test_what_the_role_does_not_allow_is_refused(world: World, missing: str) -> None:
    """A container has the permissions of its task role."""
    sqs = worker(world)
    send("a")
    allow(*[action for action in WORK if action != missing])
    handle = {"QueueUrl": url(), "ReceiptHandle": "any"}
    calls: dict[str, Callable[[], object]] = {
        "sqs:ReceiveMessage": lambda: sqs.receive_message(QueueUrl=url()),
        "sqs:DeleteMessage": lambda: sqs.delete_message(**handle),
        "sqs:ChangeMessageVisibility": lambda: sqs.change_message_visibility(**handle, VisibilityTimeout=9),
        "sqs:GetQueueUrl": lambda: sqs.get_queue_url(QueueName="dead"),
    }
    code, message = refusal(calls[missing])
    assert code == "AccessDenied"
    assert f"not authorized to perform: {missing} on resource: {DEAD}" in message


def test_a_queue_that_is_deleted_ends_the_wait(world: World, waiting: Callable[..., Future[list[str]]]) -> None:
    """Its receivers get SQS's error."""
    receiver = waiting(worker(world))
    client("sqs").delete_queue(QueueUrl=url())
    assert "NonExistentQueue" in refusal(lambda: receiver.result(10))[0]


def test_a_receiver_that_has_ended_gets_nothing(reachable: World) -> None:
    """Its message would stay hidden from others until its time is over."""
    sqs = worker(reachable)
    address = urlsplit(reachable.aws.functions._environment["AWS_ENDPOINT_URL"])
    keys = reachable.aws.identities.service_credentials(TASK_ROLE)
    scope = f"{keys.access_key}/20270104/{REGION}/sqs/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "AmazonSQS.ReceiveMessage",
    }
    before = set(threading.enumerate())
    with closing(HTTPConnection(str(address.hostname), address.port)) as connection:
        connection.request("POST", "/", json.dumps({"QueueUrl": url(), "WaitTimeSeconds": 20}), headers)
        while all(call.access_key != keys.access_key for call in list(reachable.aws.gateway.calls)):
            pass
        [answering] = set(threading.enumerate()) - before
    answering.join(10)
    assert not answering.is_alive()
    send("a")
    assert received(0, sqs) == ["a"]
