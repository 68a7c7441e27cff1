"""Aliases and versions of functions, and what Lambda tells by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import WATCH, World, archive, client, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

STALE = "The Revision Id provided does not match the latest Revision Id."
CODE = "def handle(event, context):\n    return [context.function_version, context.invoked_function_arn, {}]"


@pytest.fixture(autouse=True)
def function(world: World) -> None:
    """Deploy a function with version 1, which has another time limit than the latest one."""
    world.deploy(CODE.format(1))
    client("lambda").publish_version(FunctionName="watch")
    client("lambda").update_function_configuration(FunctionName="watch", Timeout=9)


def alias(**given: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a request
    """Create the alias `jobs`, and return the answer."""
    request = {"FunctionName": "watch", "Name": "jobs", "FunctionVersion": "1", **given}
    made: dict[str, Any] = client("lambda").create_alias(**request)
    return made


def test_alias() -> None:
    """An alias is created, read, updated and deleted with Lambda's status codes, and each update has a revision."""
    made = alias(Description="ours")
    assert (made["ResponseMetadata"]["HTTPStatusCode"], made["AliasArn"]) == (201, f"{WATCH}:jobs")
    read = client("lambda").get_alias(FunctionName=WATCH, Name="jobs")
    assert read.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    assert read == {name: made[name] for name in read}
    changed = client("lambda").update_alias(FunctionName="watch", Name="jobs", FunctionVersion="$LATEST")
    assert changed["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert (changed["FunctionVersion"], changed["Description"]) == ("$LATEST", "ours")
    assert changed["RevisionId"] != made["RevisionId"]
    for _ in range(2):
        gone = client("lambda").delete_alias(FunctionName="watch", Name="jobs")
        assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(lambda: client("lambda").get_alias(FunctionName="watch", Name="jobs")) == (
        "ResourceNotFoundException",
        f"Cannot find alias arn: {WATCH}:jobs",
    )


REFUSED: dict[str, tuple[Callable[[], object], str, str]] = {
    "exists": (alias, "ResourceConflictException", f"Alias already exists: {WATCH}:jobs"),
    "no version": (
        lambda: alias(Name="other", FunctionVersion="7"),
        "ResourceNotFoundException",
        f"Function not found: {WATCH}:7",
    ),
    "no function": (
        lambda: alias(FunctionName="other"),
        "ResourceNotFoundException",
        f"Function not found: {WATCH.replace('watch', 'other')}",
    ),
    "two versions": (
        lambda: alias(Name="other", RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}}),
        "InvalidParameterValueException",
        "the sandbox does not support RoutingConfig of an alias",
    ),
    "unknown": (
        lambda: client("lambda").update_alias(FunctionName="watch", Name="other", FunctionVersion="1"),
        "ResourceNotFoundException",
        f"Alias not found: {WATCH}:other",
    ),
    "changed meanwhile": (
        lambda: client("lambda").update_alias(FunctionName="watch", Name="jobs", RevisionId="old"),
        "PreconditionFailedException",
        f"{STALE} Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    ),
    "two qualifiers": (
        lambda: client("lambda").get_function(FunctionName=f"{WATCH}:1", Qualifier="jobs"),
        "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.",
    ),
}


@pytest.mark.parametrize(("call", "code", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call: Callable[[], object], code: str, message: str) -> None:
    """What Lambda refuses is refused in its words."""
    alias()
    assert refusal(call) == (code, message)


TOLD: dict[str, tuple[dict[str, str], str, int]] = {
    "function": ({"FunctionName": "watch"}, "", 9),
    "latest": ({"FunctionName": "watch", "Qualifier": "$LATEST"}, ":$LATEST", 9),
    "version": ({"FunctionName": "watch:1"}, ":1", 30),
    "alias": ({"FunctionName": WATCH, "Qualifier": "jobs"}, ":jobs", 30),
    "partial ARN": ({"FunctionName": "123456789012:function:watch:jobs"}, ":jobs", 30),
}


@pytest.mark.parametrize(("asked", "qualifier", "timeout"), TOLD.values(), ids=TOLD)
def test_told(asked: dict[str, str], qualifier: str, timeout: int) -> None:
    """Lambda tells the configuration of a version, with the ARN that the call names."""
    alias()
    found = client("lambda").get_function_configuration(**asked)
    version = "1" if timeout == 30 else "$LATEST"
    assert (found["FunctionArn"], found["Version"], found["Timeout"]) == (WATCH + qualifier, version, timeout)
    assert client("lambda").get_function(**asked)["Configuration"]["FunctionArn"] == WATCH + qualifier


def test_versions_run(world: World) -> None:
    """Each version runs in a process of its own, and knows with which ARN it was invoked."""
    alias()
    client("lambda").update_function_code(FunctionName="watch", ZipFile=archive(watch=CODE.format(2)))
    found = [world.aws.functions.invoke(arn, "{}").result for arn in (WATCH, f"{WATCH}:1", f"{WATCH}:jobs", WATCH)]
    assert found == [
        ["$LATEST", WATCH, 2],
        ["1", f"{WATCH}:1", 1],
        ["1", f"{WATCH}:jobs", 1],
        ["$LATEST", WATCH, 2],
    ]
    assert len(world.aws.functions._warm) == 2
    client("lambda").delete_function(FunctionName="watch")
    assert world.aws.functions._warm == {}
