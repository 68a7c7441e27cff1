"""Functions invoke functions with Invoke, with the permissions of their roles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.processes.emulator.world import LOGGING, WATCH, WATCH_ROLE, archive, client, client_as, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

HANDLER = """
def handle(event, context):
    print(event)
    return {"got": 1 / event["by"]}
"""
INVOKE = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": WATCH}


@pytest.fixture
def functions(world: World) -> Any:  # noqa: ANN401 - as boto3 gives it
    """Return a client of Lambda with the keys of a role that may invoke the function."""
    world.deploy(HANDLER)
    world.allow_watch(LOGGING, INVOKE)
    return client_as(world.aws.identities.credentials(WATCH_ROLE), "lambda")


@pytest.mark.parametrize("name", ["watch", WATCH])
def test_result(functions: Any, name: str) -> None:  # noqa: ANN401 - see above
    """The caller waits for the result, and learns the version that ran."""
    found = functions.invoke(FunctionName=name, Payload=b'{"by": 2}')
    assert (found["StatusCode"], json.loads(found["Payload"].read())) == (200, {"got": 0.5})
    assert (found["ExecutedVersion"], "FunctionError" in found) == ("$LATEST", False)


@pytest.mark.parametrize("named", [{"FunctionName": "watch:jobs"}, {"FunctionName": WATCH, "Qualifier": "jobs"}])
def test_alias(world: World, functions: Any, named: dict[str, str]) -> None:  # noqa: ANN401 - see above
    """A role needs the permission for the alias by which it invokes the function, and the version of the alias runs."""
    client("lambda").publish_version(FunctionName="watch")
    client("lambda").create_alias(FunctionName="watch", Name="jobs", FunctionVersion="1")
    call = {**named, "Payload": b'{"by": 2}'}
    code, message = refusal(lambda: functions.invoke(**call))
    assert (code, f"lambda:InvokeFunction on resource: {WATCH}:jobs" in message) == ("AccessDeniedException", True)
    world.allow_watch(LOGGING, {**INVOKE, "Resource": f"{WATCH}:jobs"})
    assert functions.invoke(**call)["ExecutedVersion"] == "1"
    assert refusal(lambda: functions.invoke(FunctionName="watch"))[0] == "AccessDeniedException"


def test_error(functions: Any) -> None:  # noqa: ANN401 - see above
    """An exception of the function is told in a successful answer."""
    found = functions.invoke(FunctionName="watch", Payload=b'{"by": 0}')
    assert (found["StatusCode"], found["FunctionError"]) == (200, "Unhandled")
    assert json.loads(found["Payload"].read())["errorType"] == "ZeroDivisionError"


def test_event(world: World, functions: Any) -> None:  # noqa: ANN401 - see above
    """An event is queued, and tried again when the function fails. The id of the request is that of the invocation."""
    found = functions.invoke(FunctionName="watch", InvocationType="Event", Payload=b'{"by": 0}')
    assert (found["StatusCode"], found["ResponseMetadata"]["HTTPStatusCode"], found["Payload"].read()) == (
        202,
        202,
        b"",
    )
    world.advance(hours=1)
    begun = f"START RequestId: {found['ResponseMetadata']['RequestId']} Version: $LATEST"
    assert world.whole_log().count(begun) == len([line for line in world.log() if line.startswith("{'by'")]) == 3


def test_dry_run(world: World, functions: Any) -> None:  # noqa: ANN401 - see above
    """A dry run tells whether the caller may invoke the function, and does not invoke it."""
    found = functions.invoke(FunctionName="watch", InvocationType="DryRun")
    assert (found["StatusCode"], found["ResponseMetadata"]["HTTPStatusCode"], found["Payload"].read()) == (
        204,
        204,
        b"",
    )
    assert client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/watch")["logGroups"] == []
    world.allow_watch(LOGGING)
    dry = {"FunctionName": "watch", "InvocationType": "DryRun"}
    assert refusal(lambda: functions.invoke(**dry))[0] == "AccessDeniedException"


def test_throttled(functions: Any) -> None:  # noqa: ANN401 - see above
    """A caller that waits is told that the reserved concurrency is exhausted, and nothing of an event."""
    client("lambda").put_function_concurrency(FunctionName="watch", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as caught:
        functions.invoke(FunctionName="watch", Payload=b'{"by": 2}')
    answer = caught.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (429, "TooManyRequestsException")
    assert answer["Error"]["Message"] == "Rate Exceeded."
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"  # type: ignore[typeddict-item]
    assert functions.invoke(FunctionName="watch", InvocationType="Event")["StatusCode"] == 202


SIZES: dict[str, tuple[str, int, str]] = {
    "event": (
        "Event",
        1024**2,
        "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
    ),
    "request": (
        "RequestResponse",
        6 * 1024**2,
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    ),
}


@pytest.mark.parametrize(("kind", "limit", "message"), SIZES.values(), ids=SIZES)
def test_size(functions: Any, kind: str, limit: int, message: str) -> None:  # noqa: ANN401 - see above
    """A payload has a largest size, which is smaller for an event."""
    payload = json.dumps({"by": 1, "pad": ""}).encode()
    large = payload[:-2] + b"x" * (limit - len(payload)) + payload[-2:]
    call = {"FunctionName": "watch", "InvocationType": kind}
    assert functions.invoke(**call, Payload=large)["ResponseMetadata"]["HTTPStatusCode"] in {200, 202}
    assert refusal(lambda: functions.invoke(**call, Payload=b" " + large)) == (
        "RequestEntityTooLargeException",
        message,
    )


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no such function": ({"FunctionName": "other"}, "ResourceNotFoundException"),
    "no JSON": ({"Payload": b"{"}, "InvalidRequestContentException"),
    "no such alias": ({"Qualifier": "other"}, "ResourceNotFoundException"),
    "another type": ({"InvocationType": "Async"}, "ValidationException"),
}


@pytest.mark.parametrize(("given", "code"), REFUSED.values(), ids=REFUSED)
def test_refused(functions: Any, given: dict[str, Any], code: str) -> None:  # noqa: ANN401 - see above
    """What Lambda or the sandbox does not take is refused."""
    del functions
    assert refusal(lambda: client("lambda").invoke(**{"FunctionName": "watch", **given}))[0] == code


def test_without_permission(world: World, functions: Any) -> None:  # noqa: ANN401 - see above
    """Without its permission a role invokes nothing, and another function than the allowed one neither."""
    client("lambda").create_function(
        FunctionName="other",
        Role=WATCH_ROLE,
        Runtime="python3.12",
        Handler="watch.handle",
        Code={"ZipFile": archive(watch=HANDLER)},
    )
    assert refusal(lambda: functions.invoke(FunctionName="other"))[0] == "AccessDeniedException"
    world.allow_watch(LOGGING)
    code, message = refusal(lambda: functions.invoke(FunctionName="watch"))
    assert (code, "lambda:InvokeFunction on resource: " + WATCH in message) == ("AccessDeniedException", True)
