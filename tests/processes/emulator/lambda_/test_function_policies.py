"""The policies of functions and of their aliases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import ACCOUNT, WATCH, World, client, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

RULE = f"arn:aws:events:eu-central-1:{ACCOUNT}:rule/r"
INVOKE: dict[str, Any] = {
    "FunctionName": "watch",
    "StatementId": "s",
    "Action": "lambda:InvokeFunction",
    "Principal": "events.amazonaws.com",
}


@pytest.fixture(autouse=True)
def function(world: World) -> None:
    """Deploy a function with the alias `jobs`."""
    world.deploy("def handle(event, context): pass")
    client("lambda").create_alias(FunctionName="watch", Name="jobs", FunctionVersion="$LATEST")


def add(**changes: object) -> dict[str, Any]:
    """Add a statement, and return it."""
    statement: dict[str, Any] = json.loads(client("lambda").add_permission(**{**INVOKE, **changes})["Statement"])
    return statement


def policy(**of: str) -> dict[str, Any]:
    """Return a policy."""
    found: dict[str, Any] = json.loads(client("lambda").get_policy(FunctionName="watch", **of)["Policy"])
    return found


STATEMENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a rule": (
        {"SourceArn": RULE, "SourceAccount": ACCOUNT},
        {
            "Principal": {"Service": "events.amazonaws.com"},
            "Resource": WATCH,
            "Condition": {"ArnLike": {"AWS:SourceArn": RULE}, "StringEquals": {"AWS:SourceAccount": ACCOUNT}},
        },
    ),
    "an account": ({"Principal": ACCOUNT}, {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Resource": WATCH}),
    "a URL": (
        {"Principal": "*", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE", "Qualifier": "jobs"},
        {
            "Action": "lambda:InvokeFunctionUrl",
            "Principal": "*",
            "Resource": f"{WATCH}:jobs",
            "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        },
    ),
    "by a URL": (
        {"Principal": "*", "InvokedViaFunctionUrl": True},
        {"Principal": "*", "Resource": WATCH, "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}},
    ),
}


@pytest.mark.parametrize(("given", "expected"), STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement(given: dict[str, Any], expected: dict[str, Any]) -> None:
    """It is answered and kept as AWS writes it."""
    statement = add(**given)
    assert statement == {"Sid": "s", "Effect": "Allow", "Action": "lambda:InvokeFunction", **expected}
    of = {"Qualifier": given["Qualifier"]} if "Qualifier" in given else {}
    assert policy(**of) == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}


def test_an_alias_has_a_policy_of_its_own() -> None:
    """A statement id may be in both, and the alias takes its own policy along."""
    add()
    add(Qualifier="jobs")
    client("lambda").remove_permission(FunctionName="watch", StatementId="s", Qualifier="jobs")
    assert len(policy()["Statement"]) == 1
    add(Qualifier="jobs")
    client("lambda").publish_version(FunctionName="watch")
    client("lambda").update_alias(FunctionName="watch", Name="jobs", FunctionVersion="1")
    assert policy(Qualifier="jobs")["Statement"][0]["Resource"] == f"{WATCH}:jobs"
    client("lambda").delete_alias(FunctionName="watch", Name="jobs")
    client("lambda").create_alias(FunctionName="watch", Name="jobs", FunctionVersion="1")
    assert refusal(lambda: policy(Qualifier="jobs"))[0] == "ResourceNotFoundException"


REFUSED: dict[str, tuple[Callable[[], object], str, str]] = {
    "twice": (lambda: (add(), add()), "ResourceConflictException", "The statement id (s) provided already exists."),
    "no function": (lambda: add(FunctionName="gone"), "ResourceNotFoundException", "Function not found: "),
    "no alias": (lambda: add(Qualifier="gone"), "ResourceNotFoundException", "Function not found: "),
    "latest": (
        lambda: add(Qualifier="$LATEST"),
        "InvalidParameterValueException",
        "We currently do not support adding policies for $LATEST.",
    ),
    "another action": (
        lambda: add(FunctionUrlAuthType="NONE"),
        "InvalidParameterValueException",
        "FunctionUrlAuthType is only supported for the lambda:InvokeFunctionUrl action",
    ),
    "stale": (
        lambda: (add(), add(StatementId="t", RevisionId="old")),
        "PreconditionFailedException",
        "The Revision Id provided does not match",
    ),
    "no policy": (policy, "ResourceNotFoundException", "The resource you requested does not exist."),
    "no statement": (
        lambda: client("lambda").remove_permission(FunctionName="watch", StatementId="t"),
        "ResourceNotFoundException",
        "Statement t is not found in resource policy.",
    ),
}


@pytest.mark.parametrize(("call", "code", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(call: Callable[[], object], code: str, message: str) -> None:
    """With Lambda's own codes and words."""
    found = refusal(call)
    assert found[0] == code
    assert found[1].startswith(message)
