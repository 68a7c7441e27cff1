"""A function is invoked with a queue's messages, and failed messages return until they go to the dead-letter queue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from moto.sqs.models import Queue, sqs_backends

from emulator.lambda_.event_source_mappings import EventSourceMappings
from tests.processes.emulator.world import ACCOUNT, DEAD, LOGGING, REGION, WATCH, client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

LOST = f"arn:aws:sqs:{REGION}:{ACCOUNT}:lost"
POLLING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
HANDLER = """
import time
def handle(event, context):
    bodies = [record["body"] for record in event["Records"]]
    print(round(time.time()) % 86400, " ".join(bodies))
    if "crash" in bodies:
        raise ValueError("no")
    bad = [record["messageId"] for record in event["Records"] if record["body"].startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in bad]}
"""


def url(name: str = "dead") -> str:
    """Return a queue's URL."""
    return str(client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def send(*bodies: str, **given: Any) -> None:  # noqa: ANN401 - members of a request
    """Send messages."""
    for body in bodies:
        client("sqs").send_message(QueueUrl=url(), MessageBody=body, **given)


def left(name: str = "dead") -> list[str]:
    """Return the messages in a queue, visible or not."""
    return [message.body for message in sqs_backends[ACCOUNT][REGION].queues[name]._messages]


def allow(world: World, *actions: str) -> None:
    """Let the function perform these actions on the queue, and write its log."""
    statements = [{"Effect": "Allow", "Action": list(actions), "Resource": DEAD}] if actions else []
    world.allow_watch(LOGGING, *statements)


def mapping(**given: Any) -> str:  # noqa: ANN401 - members of a request
    """Map the queue to the function, and return the mapping's id."""
    request = {"EventSourceArn": DEAD, "FunctionName": "watch", "FunctionResponseTypes": ["ReportBatchItemFailures"]}
    return str(client("lambda").create_event_source_mapping(**{**request, **given})["UUID"])


@pytest.fixture(autouse=True)
def deployed(world: World) -> None:
    """Deploy the function with the permissions that it needs."""
    world.deploy(HANDLER)
    allow(world, *POLLING)


def told(world: World) -> list[tuple[str, int, str, str]]:
    """Return the failures."""
    return [(f"{one.at:%H:%M:%S}", one.attempt, one.error, one.then) for one in world.aws.invocations.failures]


def test_success(world: World) -> None:
    """Messages are delivered in batches, in their order, and are deleted when the function handled them."""
    mapping(BatchSize=2)
    send("a", "b", "c")
    assert world.timeline.next_moment() == world.clock.now()
    world.advance(minutes=1)
    assert world.log() == ["0 a b", "0 c"]
    assert left() == []
    assert told(world) == []
    assert world.timeline.next_moment() is None


def test_event(world: World) -> None:
    """The function gets a message with its body and its attributes as they were sent."""
    client("lambda").delete_function(FunctionName="watch")
    world.deploy("import json\ndef handle(event, context):\n    print(json.dumps(event))")
    mapping()
    send("a", MessageAttributes={"ERROR_CODE": {"DataType": "String", "StringValue": "X"}})
    world.aws.send_dead_letter(DEAD, "b", {"ERROR_CODE": "Y"})
    world.advance(minutes=1)
    (line,) = world.log()
    records = json.loads(line)["Records"]
    held = {"stringListValues": [], "binaryListValues": [], "dataType": "String"}
    assert [(record["body"], record["messageAttributes"]) for record in records] == [
        ("a", {"ERROR_CODE": {"stringValue": "X", **held}}),
        ("b", {"ERROR_CODE": {"stringValue": "Y", **held}}),
    ]
    assert {record["eventSourceARN"] for record in records} == {DEAD}
    assert [record["attributes"]["ApproximateReceiveCount"] for record in records] == ["1", "1"]


def test_part_of_a_batch(world: World) -> None:
    """Only the messages that the function names as failed return, after the queue's visibility timeout."""
    mapping()
    send("a", "bad", "c")
    world.advance(seconds=29)
    assert left() == ["bad"]
    assert told(world) == [("00:00:00", 1, "1 of 3 messages failed", "visible again after 30 seconds")]
    world.advance(seconds=40)
    assert world.log() == ["0 a bad c", "30 bad", "60 bad"]


def test_exception(world: World) -> None:
    """An exception fails the whole batch."""
    mapping()
    send("a", "crash")
    world.advance(seconds=31)
    assert world.log()[0] == "0 a crash"
    assert left() == ["a", "crash"]
    assert told(world) == [
        ("00:00:00", 1, "ValueError: no", "visible again after 30 seconds"),
        ("00:00:30", 2, "ValueError: no", "visible again after 30 seconds"),
    ]


def test_mapping_that_reads_no_answer(world: World) -> None:
    """Without ReportBatchItemFailures the function's response is ignored."""
    mapping(FunctionResponseTypes=[])
    send("bad")
    world.advance(minutes=1)
    assert left() == []


def test_redrive(world: World) -> None:
    """A message that was received too often goes to the queue's dead-letter queue, with its attributes."""
    client("sqs").create_queue(QueueName="lost")
    redrive = json.dumps({"deadLetterTargetArn": LOST, "maxReceiveCount": 3})
    client("sqs").set_queue_attributes(QueueUrl=url(), Attributes={"RedrivePolicy": redrive})
    mapping()
    send("bad")
    world.advance(hours=1)
    assert world.log() == ["0 bad", "30 bad", "60 bad"]
    assert (left(), left("lost")) == ([], ["bad"])
    assert world.timeline.next_moment() is None


def test_nothing_is_hidden(world: World) -> None:
    """With a visibility timeout of zero, a failing message is not retried endlessly at one moment."""
    mapping()
    client("sqs").set_queue_attributes(QueueUrl=url(), Attributes={"VisibilityTimeout": "0"})
    send("bad")
    world.advance(seconds=3)
    assert world.log() == ["0 bad", "1 bad", "2 bad"]


def test_delay(world: World) -> None:
    """A delayed message is received after its delay."""
    mapping()
    send("a", DelaySeconds=90)
    world.advance(hours=1)
    assert world.log() == ["90 a"]


def test_many_messages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of a message does not grow with the queue: nobody counts the other messages."""
    mapping()
    send(*(f"{number}" for number in range(20)))

    def count(_: Queue) -> int:
        raise AssertionError("counted")

    for name in ("", "_delayed", "_not_visible"):
        monkeypatch.setattr(Queue, f"approximate_number_of_messages{name}", property(count))
    world.advance(minutes=1)
    assert left() == []


def test_disabled(world: World) -> None:
    """A disabled mapping polls nothing, and an enabled one receives the waiting messages."""
    one = mapping(Enabled=False)
    send("a")
    world.advance(minutes=1)
    assert left() == ["a"]
    client("lambda").update_event_source_mapping(UUID=one, Enabled=True)
    world.advance(minutes=1)
    assert world.log() == ["60 a"]


def test_deleted(world: World) -> None:
    """A deleted mapping polls nothing, and leaves the queue unchanged."""
    one = mapping()
    client("lambda").delete_event_source_mapping(UUID=one)
    send("a")
    world.advance(minutes=1)
    assert left() == ["a"]


@pytest.mark.parametrize("left_out", POLLING)
def test_permission_that_was_taken_away(world: World, left_out: str) -> None:
    """Without a permission on the queue nothing is delivered, which is reported once; with it messages arrive."""
    mapping()
    allow(world, *(action for action in POLLING if action != left_out))
    send("a")
    world.advance(hours=1)
    ((_, attempt, error, then),) = told(world)
    assert (attempt, then) == (0, "the mapping delivers nothing")
    assert f"is not authorized to perform: {left_out} on resource: {DEAD}" in error
    allow(world, *POLLING)
    world.advance(minutes=1)
    assert world.log() == ["3600 a"]


def test_function_that_is_gone(world: World) -> None:
    """A mapping of a deleted function delivers nothing, and reports that."""
    mapping()
    client("lambda").delete_function(FunctionName="watch")
    send("a")
    world.advance(hours=1)
    assert told(world) == [("00:00:00", 0, f"Function not found: {WATCH}", "the mapping delivers nothing")]
    assert left() == ["a"]


def test_expired(world: World) -> None:
    """A message older than the queue's retention period is not received, and is removed."""
    client("sqs").set_queue_attributes(QueueUrl=url(), Attributes={"MessageRetentionPeriod": "60"})
    mapping()
    send("bad")
    world.advance(hours=1)
    assert world.log() == ["0 bad", "30 bad"]
    assert left() == []


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "filter": ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, "does not support FilterCriteria"),
    "window": ({"MaximumBatchingWindowInSeconds": 5}, "does not support MaximumBatchingWindowInSeconds"),
    "large batch": ({"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0"),
    "stream": ({"EventSourceArn": DEAD.replace("sqs", "kinesis")}, "polls SQS queues only"),
}


@pytest.mark.parametrize(("given", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(world: World, given: dict[str, Any], said: str) -> None:
    """A mapping with a setting that the sandbox does not support is refused by its name."""
    code, message = refusal(lambda: mapping(**given))
    assert code == "InvalidParameterValueException"
    assert said in message


@pytest.mark.parametrize("most", [2, 1000])
def test_maximum_concurrency(most: int) -> None:
    """A mapping keeps its maximum concurrency, and an empty configuration takes it away."""
    client("lambda").get_event_source_mapping(UUID=mapping(ScalingConfig={"MaximumConcurrency": most}))
    (found,) = client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert found["ScalingConfig"] == {"MaximumConcurrency": most}
    client("lambda").update_event_source_mapping(UUID=found["UUID"], ScalingConfig={})
    assert client("lambda").get_event_source_mapping(UUID=found["UUID"])["ScalingConfig"] == {}


@pytest.mark.parametrize("most", [0, 1, 1001])
def test_maximum_concurrency_out_of_bounds(most: int) -> None:
    """A maximum concurrency below 2 or above 1000 is refused."""
    code, message = refusal(lambda: mapping(ScalingConfig={"MaximumConcurrency": most}))
    assert code == "ValidationException"
    assert f"Value '{most}' at 'scalingConfig.maximumConcurrency'" in message


def test_update_refused(world: World) -> None:
    """An update with a setting that the sandbox does not support is refused as well."""
    one = mapping()
    change = {"UUID": one, "MaximumBatchingWindowInSeconds": 5}
    code, message = refusal(lambda: client("lambda").update_event_source_mapping(**change))
    assert (code, message) == (
        "InvalidParameterValueException",
        "the sandbox does not support MaximumBatchingWindowInSeconds of a mapping",
    )


def test_refused_without_permission(world: World) -> None:
    """A mapping whose function may not read the queue is refused, as by Lambda."""
    allow(world)
    code, message = refusal(mapping)
    assert code == "InvalidParameterValueException"
    assert "sqs:ReceiveMessage" in message


def test_refused_visibility_timeout(world: World) -> None:
    """A queue whose messages return while the function handles them is refused, as by Lambda."""
    client("sqs").set_queue_attributes(QueueUrl=url(), Attributes={"VisibilityTimeout": "29"})
    assert refusal(mapping) == (
        "InvalidParameterValueException",
        "Queue visibility timeout: 29 seconds is less than Function timeout: 30 seconds",
    )


def test_two_accounts_in_one_process(world: World) -> None:
    """When one embedded AWS ends, the queues of another still invoke no function by themselves."""
    with EventSourceMappings(ACCOUNT, world.aws.functions, lambda _: None).polling():
        pass
    assert "lambda_event_source_mappings" in vars(Queue)
