"""Functions invoke functions with Invoke, with the permissions of their roles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

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
    """The caller waits for the result."""
    found = functions.invoke(FunctionName=name, Payload=b'{"by": 2}')
    assert (found["StatusCode"], json.loads(found["Payload"].read())) == (200, {"got": 0.5})
    assert "FunctionError" not in found


def test_error(functions: Any) -> None:  # noqa: ANN401 - see above
    """An exception of the function is told in a successful answer."""
    found = functions.invoke(FunctionName="watch", Payload=b'{"by": 0}')
    assert (found["StatusCode"], found["FunctionError"]) == (200, "Unhandled")
    assert json.loads(found["Payload"].read())["errorType"] == "ZeroDivisionError"


def test_event(world: World, functions: Any) -> None:  # noqa: ANN401 - see above
    """An event is queued, and tried again when the function fails."""
    assert functions.invoke(FunctionName="watch", InvocationType="Event", Payload=b'{"by": 0}')["Payload"].read() == b""
    world.advance(hours=1)
    assert len([line for line in world.log() if line.startswith("{'by'")]) == 3


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no such function": ({"FunctionName": "other"}, "ResourceNotFoundException"),
    "no JSON": ({"Payload": b"{"}, "InvalidRequestContentException"),
    "another type": ({"InvocationType": "DryRun"}, "InvalidParameterValueException"),
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
