"""An event that a function fails to handle is retried, and finally sent to a destination."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from emulator.fault_injection.faults import Fault, FunctionFailure, Kind
from tests.processes.emulator.events.test_bus import RULE_ARN, TOPIC, permit, put, rule
from tests.processes.emulator.world import DEAD, LOGGING, WATCH, World, client

if TYPE_CHECKING:
    from collections.abc import Callable

FAIL = """
def handle(event, context):
    print(context.aws_request_id)
    raise ValueError("no")
"""
FAIL_TWICE = """
count = 0
def handle(event, context):
    global count
    count += 1
    if count < 3:
        raise ValueError(f"no {count}")
    return {"count": count}
"""
ERROR = "ValueError: no"


@pytest.fixture(autouse=True)
def events(world: World) -> None:
    """Let a rule invoke the function."""
    rule(WATCH, pattern={"source": ["team.jobs"]})


def deploy(world: World, code: str = FAIL, **config: object) -> None:
    """Deploy the function with this FunctionEventInvokeConfig, and put an event."""
    world.deploy(code)
    permit(RULE_ARN)
    if config:
        client("lambda").put_function_event_invoke_config(FunctionName="watch", **config)
    put()


def told(world: World) -> list[tuple[str, int, str, str]]:
    """Return the failures."""
    return [(f"{one.at:%H:%M:%S}", one.attempt, one.error, one.then) for one in world.aws.invocations.failures]


def allow(world: World, *destinations: tuple[str, str]) -> None:
    """Let the function send to destinations."""
    statements = [{"Effect": "Allow", "Action": action, "Resource": arn} for action, arn in destinations]
    world.allow_watch(LOGGING, *statements)


def to(arn: str, when: str = "OnFailure") -> dict[str, Any]:
    """Configure a destination."""
    return {"DestinationConfig": {when: {"Destination": arn}}}


def test_retries(world: World) -> None:
    """An error is followed by a retry after one minute and another after two more, with the same request id."""
    deploy(world)
    world.advance(hours=1)
    assert told(world) == [
        ("00:00:00", 1, ERROR, "retry at 00:01:00"),
        ("00:01:00", 2, ERROR, "retry at 00:03:00"),
        ("00:03:00", 3, ERROR, "lost: the function has no destination"),
    ]
    first = world.aws.invocations.failures[0]
    assert (first.function, first.source) == ("watch", RULE_ARN)
    requests = [line for line in world.log() if len(line) == 36]
    assert (len(requests), len(set(requests))) == (3, 1)


def test_success_in_the_end(world: World) -> None:
    """An event that finally succeeds is not retried again."""
    deploy(world, FAIL_TWICE)
    world.advance(hours=1)
    assert [attempt for _, attempt, _, _ in told(world)] == [1, 2]


@pytest.mark.parametrize(
    ("config", "ends"),
    [
        ({"MaximumRetryAttempts": 0}, [("00:00:00", 1, "lost: the function has no destination")]),
        (
            {"MaximumRetryAttempts": 1},
            [("00:00:00", 1, "retry at 00:01:00"), ("00:01:00", 2, "lost: the function has no destination")],
        ),
        (
            {"MaximumEventAgeInSeconds": 60},
            [
                ("00:00:00", 1, "retry at 00:01:00"),
                ("00:01:00", 2, "too old at 00:01:00"),
                ("00:01:00", 2, "lost: the function has no destination"),
            ],
        ),
        (
            {"MaximumEventAgeInSeconds": 90},
            [
                ("00:00:00", 1, "retry at 00:01:00"),
                ("00:01:00", 2, "too old at 00:01:30"),
                ("00:01:30", 2, "lost: the function has no destination"),
            ],
        ),
    ],
    ids=["no-retry", "one-retry", "a-minute", "between-retries"],
)
def test_limits(world: World, config: dict[str, Any], ends: list[tuple[str, int, str]]) -> None:
    """The function's configuration limits the number of attempts and the age of an event."""
    deploy(world, **config)
    world.advance(hours=1)
    assert [(at, attempt, then) for at, attempt, _, then in told(world)] == ends


def test_record_in_a_queue(world: World) -> None:
    """The destination gets AWS's record with the event, the request and the last error, but no attributes."""
    allow(world, ("sqs:SendMessage", DEAD))
    deploy(world, MaximumRetryAttempts=1, **to(DEAD))
    assert world.messages() == []
    world.advance(hours=1)
    (message,) = world.messages()
    assert "MessageAttributes" not in message
    record = json.loads(message["Body"])
    event = record.pop("requestPayload")
    assert (event["source"], event["detail"]) == ("team.jobs", {"a": 1})
    (frame,) = record["responsePayload"].pop("stackTrace")
    assert "in handle" in frame
    request_id = world.log()[0]
    assert record == {
        "version": "1.0",
        "timestamp": "2027-01-04T00:01:00.000Z",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{WATCH}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 2,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "ValueError", "errorMessage": "no", "requestId": request_id},
    }
    assert told(world)[-1][-1] == DEAD


@pytest.mark.parametrize(
    ("arn", "action", "kind"),
    [(DEAD, "sqs:SendMessage", "queue"), (TOPIC, "sns:Publish", "topic")],
    ids=["queue", "topic"],
)
def test_record_for_what_is_fifo(world: World, arn: str, action: str, kind: str) -> None:
    """Lambda accepts a FIFO queue or topic as destination, but cannot send records to it."""
    fifo = f"{arn}.fifo"
    client("sqs").create_queue(QueueName="dead.fifo", Attributes={"FifoQueue": "true"})
    client("sns").create_topic(Name="alerts.fifo", Attributes={"FifoTopic": "true"})
    allow(world, (action, fifo))
    deploy(world, MaximumRetryAttempts=0, **to(fifo))
    assert told(world)[-1][-1] == f"lost: the destination {fifo} is a FIFO {kind}"
    assert world.messages("dead.fifo") == []


def test_record_of_an_event_that_grew_old(world: World) -> None:
    """The record states that the event was too old."""
    allow(world, ("sqs:SendMessage", DEAD))
    deploy(world, MaximumEventAgeInSeconds=90, **to(DEAD))
    world.advance(hours=1)
    (message,) = world.messages()
    context = json.loads(message["Body"])["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 2)


def test_record_to_a_topic(world: World) -> None:
    """The record is published to a topic with the role's permission; the topic's policy need not name Lambda."""
    client("sns").create_topic(Name="alerts")
    client("sns").subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="ops@example.com")
    allow(world, ("sns:Publish", TOPIC))
    deploy(world, MaximumRetryAttempts=0, **to(TOPIC))
    (mail,) = world.aws.topics.mailbox
    assert (mail.attributes, json.loads(mail.body)["requestContext"]["condition"]) == ({}, "RetriesExhausted")


def test_record_to_a_function(world: World) -> None:
    """Another function is invoked with the record, and needs no policy for it."""
    other = WATCH + "-of-watch"
    allow(world, ("lambda:InvokeFunction", other))
    code = "def handle(event, context):\n    print(event['responsePayload']['errorMessage'])"
    world.deploy(code, FunctionName="watch-of-watch")
    deploy(world, MaximumRetryAttempts=0, **to(other))
    assert world.log("/aws/lambda/watch-of-watch") == ["no"]


def test_record_of_success(world: World) -> None:
    """A destination for successes gets the result."""
    allow(world, ("sqs:SendMessage", DEAD))
    deploy(world, FAIL_TWICE, **to(DEAD, "OnSuccess"))
    world.advance(hours=1)
    (message,) = world.messages()
    record = json.loads(message["Body"])
    assert (record["requestContext"]["condition"], record["responsePayload"]) == ("Success", {"count": 3})
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}


def test_permission_that_was_taken_away(world: World) -> None:
    """Without the role's permission the record is lost, and the failure says so."""
    allow(world, ("sqs:SendMessage", DEAD))
    world.deploy(FAIL)
    permit(RULE_ARN)
    client("lambda").put_function_event_invoke_config(FunctionName="watch", MaximumRetryAttempts=0, **to(DEAD))
    allow(world)
    put()
    assert world.messages() == []
    ((_, _, _, then),) = told(world)
    assert then.startswith("lost: User: ")
    assert f"sqs:SendMessage on resource: {DEAD}" in then


GONE: dict[str, Callable[[], object]] = {
    "function": lambda: client("lambda").delete_function(FunctionName="watch"),
    "queue": lambda: client("sqs").delete_queue(QueueUrl=client("sqs").get_queue_url(QueueName="dead")["QueueUrl"]),
}


def test_queue_that_is_gone(world: World) -> None:
    """A deleted destination is named in the failure."""
    allow(world, ("sqs:SendMessage", DEAD))
    deploy(world, **to(DEAD))
    GONE["queue"]()
    world.advance(hours=1)
    assert told(world)[-1][-1] == f"lost: The queue {DEAD} does not exist."


def test_function_that_is_gone(world: World) -> None:
    """A deleted function is not retried, and an event that expires after the deletion is lost."""
    deploy(world, MaximumEventAgeInSeconds=60)
    GONE["function"]()
    world.advance(hours=1)
    assert [then for _, _, _, then in told(world)] == ["retry at 00:01:00"]


def invoke(qualifier: str | None = None) -> str:
    """Queue an event for the function or a version of it, and return the id of its request."""
    given = {} if qualifier is None else {"Qualifier": qualifier}
    found = client("lambda").invoke(FunctionName="watch", InvocationType="Event", Payload=b'{"tick": 1}', **given)
    return str(found["ResponseMetadata"]["RequestId"])


def records(queue: str = "dead") -> list[dict[str, Any]]:
    """Return the records in a queue."""
    return [json.loads(message["Body"]) for message in World.messages(queue)]


def test_configuration_of_an_alias(world: World) -> None:
    """An event for an alias is handled as the alias says, and its record names the alias; another event is not."""
    allow(world, ("sqs:SendMessage", DEAD))
    world.deploy(FAIL)
    client("lambda").create_alias(FunctionName="watch", Name="jobs", FunctionVersion="$LATEST")
    config = {"FunctionName": "watch", "Qualifier": "jobs", "MaximumRetryAttempts": 0, **to(DEAD)}
    client("lambda").put_function_event_invoke_config(**config)
    request_id = invoke("jobs")
    (record,) = records()
    assert record["requestContext"] == {
        "requestId": request_id,
        "functionArn": f"{WATCH}:jobs",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 1,
    }
    assert record["responseContext"]["executedVersion"] == "$LATEST"
    invoke()
    assert told(world)[-1][-1] == "retry at 00:01:00"
    world.advance(hours=1)
    assert [record["requestContext"]["requestId"] for record in records()] == [request_id]


def test_record_of_a_version(world: World) -> None:
    """The record names the version that ran, which is that of the alias, and the log names it as well."""
    allow(world, ("sqs:SendMessage", DEAD))
    world.deploy(FAIL_TWICE)
    client("lambda").publish_version(FunctionName="watch")
    client("lambda").create_alias(FunctionName="watch", Name="jobs", FunctionVersion="1")
    config = {"FunctionName": "watch", "Qualifier": "jobs", **to(DEAD, "OnSuccess")}
    client("lambda").put_function_event_invoke_config(**config)
    request_id = invoke("jobs")
    world.advance(hours=1)
    (record,) = records()
    assert (record["responseContext"], record["responsePayload"]) == (
        {"statusCode": 200, "executedVersion": "1"},
        {"count": 3},
    )
    assert f"START RequestId: {request_id} Version: 1" in world.whole_log()


def test_time_limit(world: World) -> None:
    """An invocation that is staged to hang ends when the function's own time limit is over, by the sandbox's clock."""
    allow(world, ("sqs:SendMessage", DEAD))
    world.deploy(FAIL, Timeout=300)
    client("lambda").put_function_event_invoke_config(FunctionName="watch", MaximumRetryAttempts=0, **to(DEAD))
    world.aws.faults.stage(Fault(Kind.FUNCTION, name="watch", fails=FunctionFailure.TIMEOUT))
    request_id = invoke()
    world.advance(seconds=299)
    assert records() == []
    world.advance(seconds=1)
    (record,) = records()
    assert (record["timestamp"], record["requestContext"]["condition"]) == (
        "2027-01-04T00:05:00.000Z",
        "RetriesExhausted",
    )
    assert record["responsePayload"] == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 300.00 seconds",
    }
    begun, _, report = client("logs").filter_log_events(logGroupName="/aws/lambda/watch")["events"]
    assert (report["timestamp"] - begun["timestamp"], report["message"].split("\t")[1::4]) == (
        300_000,
        ["Duration: 300000.00 ms", "Status: timeout"],
    )


def test_out_of_memory(world: World) -> None:
    """A process that used too much memory is killed; only the log tells why."""
    allow(world, ("sqs:SendMessage", DEAD))
    world.deploy(FAIL)
    client("lambda").put_function_event_invoke_config(FunctionName="watch", MaximumRetryAttempts=0, **to(DEAD))
    world.aws.faults.stage(Fault(Kind.FUNCTION, name="watch", fails=FunctionFailure.MEMORY))
    request_id = invoke()
    (record,) = records()
    killed = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
    assert record["responsePayload"] == {"errorType": "Runtime.ExitError", "errorMessage": killed}
    *_, told_last, kind, _, report = world.whole_log()
    assert (told_last, kind) == (killed, "Runtime.ExitError")
    used = "Memory Size: 128 MB\tMax Memory Used: 128 MB\tStatus: error\tError Type: Runtime.OutOfMemory"
    assert report.endswith(used)


def test_reserved_concurrency(world: World) -> None:
    """An event that finds no free concurrency is tried again, later each time, and handled when there is some."""
    world.deploy(FAIL_TWICE, Timeout=10)
    client("lambda").put_function_concurrency(FunctionName="watch", ReservedConcurrentExecutions=1)
    world.aws.faults.stage(Fault(Kind.FUNCTION, name="watch", fails=FunctionFailure.TIMEOUT))
    invoke()
    invoke()
    world.advance(seconds=20)
    throttled = [(at, attempt, then) for at, attempt, error, then in told(world) if error == "Rate Exceeded."]
    assert throttled == [
        ("00:00:00", 0, "retry at 00:00:01"),
        ("00:00:01", 0, "retry at 00:00:03"),
        ("00:00:03", 0, "retry at 00:00:07"),
        ("00:00:07", 0, "retry at 00:00:15"),
    ]
    assert told(world)[-1][:3] == ("00:00:15", 1, "ValueError: no 1")


def test_event_that_is_throttled_until_it_is_too_old(world: World) -> None:
    """The record of an event that never ran has neither a version nor a payload of a response."""
    allow(world, ("sqs:SendMessage", DEAD))
    world.deploy(FAIL)
    client("lambda").put_function_event_invoke_config(FunctionName="watch", MaximumEventAgeInSeconds=600, **to(DEAD))
    world.aws.faults.stage(Fault(Kind.FUNCTION, name="watch", fails=FunctionFailure.THROTTLE, seconds=None), None)
    request_id = invoke()
    world.advance(hours=1)
    assert records() == [
        {
            "version": "1.0",
            "timestamp": "2027-01-04T00:10:00.000Z",
            "requestContext": {
                "requestId": request_id,
                "functionArn": f"{WATCH}:$LATEST",
                "condition": "EventAgeExceeded",
                "approximateInvokeCount": 0,
            },
            "requestPayload": {"tick": 1},
            "responseContext": {"statusCode": 429},
        }
    ]
    waits = [then for _, _, _, then in told(world)][7:-1]
    assert waits == ["retry at 00:04:15", "retry at 00:08:31", "too old at 00:10:00"]


def test_no_concurrency(world: World) -> None:
    """An event for a function that may not run at all goes to the destination at once."""
    allow(world, ("sqs:SendMessage", DEAD))
    world.deploy(FAIL)
    client("lambda").put_function_event_invoke_config(FunctionName="watch", **to(DEAD))
    client("lambda").put_function_concurrency(FunctionName="watch", ReservedConcurrentExecutions=0)
    invoke()
    (record,) = records()
    assert (record["requestContext"]["condition"], record.keys() & {"responseContext", "responsePayload"}) == (
        "ZeroReservedConcurrency",
        set(),
    )


@pytest.mark.parametrize(
    ("kind", "times"), [(Kind.DUPLICATE_INVOCATIONS, 2), (Kind.LOSE_INVOCATIONS, 0)], ids=["twice", "never"]
)
def test_delivery(world: World, kind: Kind, times: int) -> None:
    """Lambda may deliver an event twice, which has the same request id each time, or never; the next one arrives."""
    world.deploy("def handle(event, context):\n    print(context.aws_request_id)")
    world.aws.faults.stage(Fault(kind, name="watch"))
    first, second = invoke(), invoke()
    assert world.log() == [*[first] * times, second]
