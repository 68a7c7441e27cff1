"""A schedule sends its message with the permissions of its role; what cannot be sent is retried, or a dead letter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from emulator.gateway.gateway import AwsError
from emulator.sqs import sending
from tests.processes.emulator.world import ACCOUNT, DEAD, GROUP, REGION, client, document, trust

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

SEND_MESSAGE = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
LAUNCHES = DEAD.replace("dead", "launches")
URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/launches"
BODY = json.dumps({"schedule": "report", "tick": "<aws.scheduler.scheduled-time>"})
MAY_SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": LAUNCHES}
MAY_BURY = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": DEAD}


@pytest.fixture(autouse=True)
def queue(world: World) -> None:
    """Create the queue, and let the role send to it and to the dead letters."""
    del world
    client("sqs").create_queue(QueueName="launches")
    allow(MAY_SEND, MAY_BURY)


def allow(*statements: dict[str, Any]) -> None:
    """Replace the statements of the launch role's policy."""
    client("iam").put_role_policy(RoleName="launch", PolicyName="launch", PolicyDocument=document(*statements))


def schedule(world: World, **request: object) -> None:
    """Create a schedule that sends a message every hour; `request` changes members of the SendMessage request."""
    text = json.dumps({"QueueUrl": URL, "MessageBody": BODY, **request})
    world.schedule(Target={"Arn": SEND_MESSAGE, "Input": text})


def errors(world: World) -> list[str | None]:
    """Return the error of each call."""
    return [launch.error for launch in world.scheduler.launches]


def test_sent(world: World) -> None:
    """A tick is one message, in whose nested JSON the context attributes are replaced; no task is launched."""
    schedule(world)
    world.advance(hours=2)
    bodies = [json.loads(message["Body"]) for message in world.messages("launches")]
    assert bodies == [{"schedule": "report", "tick": f"2027-01-04T0{hour}:00:00Z"} for hour in (1, 2)]
    assert [(launch.sent_to, launch.tasks, launch.failures) for launch in world.scheduler.launches] == [
        ("launches", (), ())
    ] * 2
    assert errors(world) == [None, None]
    assert world.host.started == []
    assert world.messages() == []


def test_with_all_members(world: World) -> None:
    """Attributes and delay of the request are those of the message."""
    attribute = {"DataType": "String", "StringValue": "<aws.scheduler.schedule-arn>"}
    schedule(world, DelaySeconds=60, MessageAttributes={"from": attribute})
    world.advance(hours=1)
    assert world.messages("launches") == []
    world.advance(minutes=1)
    (message,) = world.messages("launches")
    assert message["MessageAttributes"]["from"]["StringValue"].endswith(f":schedule/{GROUP}/report")


REFUSED = {
    "without the permission": ([MAY_BURY], "sqs:SendMessage on resource: " + LAUNCHES),
    "with the permission for another queue": (
        [{**MAY_SEND, "Resource": LAUNCHES + "-2"}, MAY_BURY],
        "sqs:SendMessage on resource: " + LAUNCHES,
    ),
}


@pytest.mark.parametrize(("statements", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(world: World, statements: list[dict[str, Any]], said: str) -> None:
    """Without the permission nothing is sent; the refusal is final, and the dead letter has the whole request."""
    allow(*statements)
    schedule(world)
    world.advance(hours=1)
    (error,) = errors(world)
    assert said in (error or "")
    assert world.messages("launches") == []
    (letter,) = world.messages()
    assert json.loads(json.loads(letter["Body"])["MessageBody"])["tick"] == "2027-01-04T01:00:00Z"
    assert letter["MessageAttributes"]["TARGET_ARN"]["StringValue"] == SEND_MESSAGE
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "AccessDenied"
    assert "EXHAUSTED_RETRY_CONDITION" not in letter["MessageAttributes"]


def test_role_that_scheduler_cannot_assume_any_more(world: World) -> None:
    """The role's trust is judged for each message."""
    schedule(world)
    client("iam").update_assume_role_policy(RoleName="launch", PolicyDocument=trust(service="lambda.amazonaws.com"))
    world.advance(hours=1)
    assert "Scheduler cannot assume" in (errors(world)[0] or "")
    assert world.messages("launches") == []


def test_queue_that_is_gone(world: World) -> None:
    """A queue that does not exist is a final error."""
    schedule(world)
    client("sqs").delete_queue(QueueUrl=URL)
    world.advance(hours=1)
    (letter,) = world.messages()
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert letter["MessageAttributes"]["RETRY_ATTEMPTS"]["StringValue"] == "0"


def test_queue_policy_that_denies(world: World) -> None:
    """What the queue's policy denies is refused, whatever the role's policy allows."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": LAUNCHES}
    client("sqs").set_queue_attributes(QueueUrl=URL, Attributes={"Policy": document(deny)})
    schedule(world)
    world.advance(hours=1)
    assert "explicitly denied" in (errors(world)[0] or "")


@pytest.mark.parametrize("code", ["InternalFailure", "RequestThrottled", "ServiceUnavailable", "ThrottlingException"])
def test_retried(world: World, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """A message that SQS cannot take now is sent again, with the tick of the first attempt."""
    send, left = sending.send_message, iter(range(2))

    def refusing(*given: Any) -> Any:  # noqa: ANN401 - as send_message takes them
        if next(left, None) is not None:
            raise AwsError(code, "Not now.")
        return send(*given)

    monkeypatch.setattr(sending, "send_message", refusing)
    schedule(world)
    world.advance(minutes=80)
    assert [f"{launch.at:%H:%M}" for launch in world.scheduler.launches] == ["01:00", "01:01", "01:03"]
    assert [json.loads(message["Body"])["tick"] for message in world.messages("launches")] == ["2027-01-04T01:00:00Z"]
