"""How events are handled is stored for each function, version and alias, and checked as by Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import ACCOUNT, DEAD, LOGGING, REGION, WATCH, World, archive, client, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

OTHER = f"{WATCH}-2"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
PLACES: dict[str, tuple[dict[str, str], str]] = {
    "function": ({"FunctionName": "watch"}, "$LATEST"),
    "latest": ({"FunctionName": "watch", "Qualifier": "$LATEST"}, "$LATEST"),
    "version": ({"FunctionName": f"{WATCH}:1"}, "1"),
    "alias": ({"FunctionName": WATCH, "Qualifier": "jobs"}, "jobs"),
}
NONE_SET: dict[str, Any] = {"OnSuccess": {}, "OnFailure": {}}


@pytest.fixture(autouse=True)
def functions(world: World) -> None:
    """Deploy a function with a version and an alias, and another function."""
    sending = [("sqs:SendMessage", DEAD), ("lambda:InvokeFunction", OTHER)]
    world.allow_watch(LOGGING, *({"Effect": "Allow", "Action": one, "Resource": arn} for one, arn in sending))
    world.deploy("", FunctionName="watch-2", Code={"ZipFile": archive(watch="")})
    world.deploy("")
    client("lambda").publish_version(FunctionName="watch")
    client("lambda").create_alias(FunctionName="watch", Name="jobs", FunctionVersion="1")


def put(**given: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a request
    """Store a configuration of the function, and return the answer."""
    return kept(client("lambda").put_function_event_invoke_config(**{"FunctionName": "watch", **given}))


def kept(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the members that tell of the configuration."""
    return {name: value for name, value in answer.items() if name not in {"ResponseMetadata", "LastModified"}}


def to(arn: str, when: str = "OnFailure") -> dict[str, Any]:
    """Configure a destination."""
    return {"DestinationConfig": {when: {"Destination": arn}}}


@pytest.mark.parametrize(("place", "qualifier"), PLACES.values(), ids=PLACES)
def test_places(place: dict[str, str], qualifier: str) -> None:
    """A configuration is that of one version or alias; the function itself and its latest version share one."""
    made = put(**place, MaximumRetryAttempts=1)
    assert made == {
        "FunctionArn": f"{WATCH}:{qualifier}",
        "MaximumRetryAttempts": 1,
        "DestinationConfig": NONE_SET,
    }
    assert kept(client("lambda").get_function_event_invoke_config(**place)) == made
    listed = client("lambda").list_function_event_invoke_configs(FunctionName="watch")["FunctionEventInvokeConfigs"]
    assert [one["FunctionArn"] for one in listed] == [f"{WATCH}:{qualifier}"]
    client("lambda").delete_function_event_invoke_config(**place)
    get = client("lambda").get_function_event_invoke_config
    assert refusal(lambda: get(**place)) == (
        "ResourceNotFoundException",
        f"The function {WATCH}:{qualifier} doesn't have an EventInvokeConfig",
    )


def test_put_and_update() -> None:
    """A put replaces all of a configuration, and an update keeps what it does not name."""
    put(MaximumRetryAttempts=0)
    put(MaximumEventAgeInSeconds=60, **to(DEAD))
    changed = client("lambda").update_function_event_invoke_config(FunctionName="watch", MaximumRetryAttempts=1)
    assert kept(changed) == {
        "FunctionArn": f"{WATCH}:$LATEST",
        "MaximumRetryAttempts": 1,
        "MaximumEventAgeInSeconds": 60,
        "DestinationConfig": {**NONE_SET, "OnFailure": {"Destination": DEAD}},
    }


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing": (
        {},
        "InvalidParameterValueException",
        "You must specify at least one of error handling or destination setting.",
    ),
    "no function": (
        {"FunctionName": "other", "MaximumRetryAttempts": 1},
        "ResourceNotFoundException",
        "The function doesn't exist.",
    ),
    "no alias": (
        {"Qualifier": "other", "MaximumRetryAttempts": 1},
        "ResourceNotFoundException",
        "The function doesn't exist.",
    ),
    "too many retries": ({"MaximumRetryAttempts": 3}, "ValidationException", "less than or equal to 2"),
    "too young": ({"MaximumEventAgeInSeconds": 59}, "ValidationException", "greater than or equal to 60"),
    "too old": ({"MaximumEventAgeInSeconds": 21601}, "ValidationException", "less than or equal to 21600"),
    "no permission": (
        to(TOPIC),
        "InvalidParameterValueException",
        f"The function's execution role does not have permissions to call Publish on {TOPIC}",
    ),
    "no such destination": (
        to(f"{OTHER}:none", "OnSuccess"),
        "InvalidParameterValueException",
        f"The destination ARN {OTHER}:none is invalid.",
    ),
    "itself": (
        to(f"{WATCH}:jobs"),
        "InvalidParameterValueException",
        "You can't specify the function as a destination for itself.",
    ),
    "a bus": (
        to(TOPIC.replace("sns", "events")),
        "InvalidParameterValueException",
        "the sandbox cannot send to the destination",
    ),
}


@pytest.mark.parametrize(("given", "code", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(given: dict[str, Any], code: str, message: str) -> None:
    """What Lambda refuses is refused in its words."""
    found = refusal(lambda: put(**given))
    assert (found[0], message in found[1]) == (code, True)


@pytest.mark.parametrize(
    "call",
    [
        lambda: client("lambda").update_function_event_invoke_config(FunctionName="watch", MaximumRetryAttempts=1),
        lambda: client("lambda").delete_function_event_invoke_config(FunctionName="watch"),
    ],
    ids=["update", "delete"],
)
def test_nothing_to_change(call: Callable[[], object]) -> None:
    """A configuration that does not exist is neither updated nor deleted."""
    assert refusal(call)[0] == "ResourceNotFoundException"


def test_destination_function() -> None:
    """A function that the role may invoke can be a destination."""
    assert put(**to(OTHER, "OnSuccess"))["DestinationConfig"]["OnSuccess"] == {"Destination": OTHER}
