"""Staged failures of queues and functions: outages, and messages that are doubled, lost or late."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from moto.sqs.models import sqs_backends

from emulator.fault_injection.faults import Fault, Kind
from tests.processes.emulator.world import ACCOUNT, DEAD, LOGGING, POLICY, REGION, client, document, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

SEND_MESSAGE = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
LAUNCHES = DEAD.replace("dead", "launches")
HANDLER = """
import time
def handle(event, context):
    for record in event["Records"]:
        print(round(time.time()) % 86400, record["messageId"], record["body"])
"""


@pytest.fixture(autouse=True)
def url(world: World) -> str:
    """Create a queue whose messages a function prints, and return its URL."""
    world.deploy(HANDLER)
    polling = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    world.allow_watch(LOGGING, {"Effect": "Allow", "Action": polling, "Resource": LAUNCHES})
    made: str = client("sqs").create_queue(QueueName="launches")["QueueUrl"]
    client("lambda").create_event_source_mapping(EventSourceArn=LAUNCHES, FunctionName="watch")
    return made


def stage(world: World, kind: Kind, times: int | None = 1, name: str = "launches", **options: Any) -> None:  # noqa: ANN401
    """Stage failures of the queue."""
    world.aws.faults.stage(Fault(kind, name=name, **options), times)


def send(url: str, body: str, **given: object) -> str:
    """Send a message, and return its id."""
    return str(client("sqs").send_message(QueueUrl=url, MessageBody=body, **given)["MessageId"])


def printed(world: World) -> list[tuple[int, str]]:
    """Return when which body arrived."""
    found = [line.split() for line in world.log() if line[0].isdecimal()]
    return [(int(at), body) for at, _, body in found]


def test_queue_that_is_down(world: World, url: str) -> None:
    """A queue that is down refuses each message of every sender, and only of this queue."""
    stage(world, Kind.QUEUE, 2)
    other = client("sqs").get_queue_url(QueueName="dead")["QueueUrl"]
    down = ("ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
    assert refusal(lambda: send(url, "a")) == down
    send(other, "a")
    entries = [{"Id": "1", "MessageBody": "b"}]
    assert refusal(lambda: client("sqs").send_message_batch(QueueUrl=url, Entries=entries)) == down
    send(url, "c")
    world.advance(minutes=1)
    assert printed(world) == [(0, "c")]


def hourly(world: World, url: str) -> None:
    """Send a message every hour, as the launch role may."""
    may_send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": LAUNCHES}
    client("iam").put_role_policy(
        RoleName="launch", PolicyName="launch", PolicyDocument=document(may_send, POLICY["SendMessage"])
    )
    text = json.dumps({"QueueUrl": url, "MessageBody": "<aws.scheduler.scheduled-time>"})
    world.schedule(Target={"Arn": SEND_MESSAGE, "Input": text})


def test_scheduler_meets_an_outage(world: World, url: str) -> None:
    """Scheduler sends its message again until the outage is over, which ends by the sandbox's clock."""
    hourly(world, url)
    world.advance(minutes=59)
    stage(world, Kind.QUEUE, None, seconds=180.0)
    world.advance(minutes=31)
    assert [(f"{one.at:%H:%M}", one.sent_to) for one in world.scheduler.launches] == [
        ("01:00", None),
        ("01:01", None),
        ("01:03", "launches"),
    ]
    assert printed(world) == [(3780, "2027-01-04T01:00:00Z")]
    assert world.aws.faults.pending() == ()


def test_scheduler_gives_up(world: World, url: str) -> None:
    """A long outage makes a dead letter; an outage of the dead-letter queue too loses it."""
    hourly(world, url)
    stage(world, Kind.QUEUE, None, seconds=3 * 3600.0)
    stage(world, Kind.QUEUE, None, name="dead", seconds=1.5 * 3600.0)
    world.advance(hours=2)
    assert [one.dead_letter for one in world.scheduler.launches if one.dead_letter] == [
        "lost: The request has failed due to a temporary failure of the server."
    ]
    world.advance(minutes=30)
    (letter,) = world.messages()
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "ServiceUnavailable"
    assert letter["MessageAttributes"]["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == "MaximumRetryAttempts"


def test_doubled(world: World, url: str) -> None:
    """A message that is doubled is one message for its sender, and is received twice with the same id."""
    stage(world, Kind.DUPLICATE_MESSAGES)
    sent = send(url, "a")
    send(url, "b")
    world.advance(minutes=1)
    assert sorted(body for _, body in printed(world)) == ["a", "a", "b"]
    assert [line.split()[1] for line in world.log()].count(sent) == 2
    assert sqs_backends[ACCOUNT][REGION].queues["launches"]._messages == []


def test_lost(world: World, url: str) -> None:
    """A message that is lost is taken from its sender, and never received."""
    stage(world, Kind.LOSE_MESSAGES, 2)
    assert send(url, "a")
    answer = client("sqs").send_message_batch(
        QueueUrl=url, Entries=[{"Id": each, "MessageBody": each} for each in ("b", "c")]
    )
    assert [one["Id"] for one in answer["Successful"]] == ["b", "c"]
    world.advance(hours=1)
    assert printed(world) == [(0, "c")]


def test_late(world: World, url: str) -> None:
    """A message that is late arrives after its own delay and the staged one."""
    stage(world, Kind.DELAY_MESSAGES, 2, seconds=1200.0)
    send(url, "a")
    send(url, "b", DelaySeconds=60)
    send(url, "c", DelaySeconds=60)
    world.advance(hours=1)
    assert printed(world) == [(60, "c"), (1200, "a"), (1260, "b")]


def test_late_and_doubled(world: World, url: str) -> None:
    """Both copies of a message that is late and doubled are late."""
    stage(world, Kind.DELAY_MESSAGES, seconds=60.0)
    stage(world, Kind.DUPLICATE_MESSAGES)
    send(url, "a")
    world.advance(hours=1)
    assert printed(world) == [(60, "a"), (60, "a")]


def test_function_that_is_dead(world: World, url: str) -> None:
    """A function fails for a time, whoever invokes it; its messages come back, and are handled afterwards."""
    stage(world, Kind.FUNCTION, None, name="watch", seconds=45.0)
    send(url, "a")
    world.advance(minutes=2)
    assert printed(world) == [(60, "a")]
    failed = [(f"{one.at:%M:%S}", one.error) for one in world.aws.invocations.failures]
    assert [at for at, _ in failed] == ["00:00", "00:30"]
    assert all("Runtime exited with error: exit status 1" in error for _, error in failed)


def test_function_that_fails_some_times(world: World) -> None:
    """A function fails a number of times, with a reason; another one does not."""
    stage(world, Kind.FUNCTION, 2, name="watch", reason="Out of memory")
    stage(world, Kind.FUNCTION, name="other")
    replies = [world.invoke({"Records": []}).error for _ in range(3)]
    assert [error is None for error in replies] == [False, False, True]
    assert "Out of memory" in (replies[0] or {})["errorMessage"]
    assert [staged.fault.name for staged in world.aws.faults.pending()] == ["other"]
