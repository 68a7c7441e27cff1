"""AssumeRole gives the keys of a role to who is trusted by it; they have the role's permissions until they end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import (
    ACCOUNT,
    CLUSTER,
    DEAD,
    LOGGING,
    REGION,
    WATCH_ROLE,
    assumed,
    client,
    client_as,
    document,
    refusal,
)

if TYPE_CHECKING:
    from emulator.iam.credentials import Credentials
    from tests.processes.emulator.world import World

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/jobs/jobs-test/target"
ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": TARGET}
URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/dead"


def trusting(principal: object, condition: dict[str, Any] | None = None, **more: object) -> str:
    """Return a trust policy."""
    conditions = {} if condition is None else {"Condition": condition}
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **conditions, **more})


def target(trust: str, *statements: dict[str, Any], **given: object) -> None:
    """Create the role that is assumed."""
    iam = client("iam")
    iam.create_role(RoleName="target", Path="/jobs/jobs-test/", AssumeRolePolicyDocument=trust, **given)
    if statements:
        iam.put_role_policy(RoleName="target", PolicyName="own", PolicyDocument=document(*statements))


def own(world: World) -> Credentials:
    """Return the keys of the function's role."""
    return world.aws.identities.credentials(WATCH_ROLE)


def assume(world: World, **given: Any) -> Credentials:  # noqa: ANN401 - members of a request
    """Assume the role with the function's role."""
    return assumed(client_as(own(world), "sts"), TARGET, **given)


BY_ARN = {"aws:PrincipalArn": WATCH_ROLE}
TRUSTS: dict[str, tuple[str, bool]] = {
    "the account": (trusting({"AWS": ROOT}), True),
    "the account by its id": (trusting({"AWS": ACCOUNT}), True),
    "the role": (trusting({"AWS": WATCH_ROLE}), True),
    "everybody": (trusting("*"), True),
    "the account, where the caller's ARN equals": (trusting({"AWS": ROOT}, {"ArnEquals": BY_ARN}), True),
    "the account, where the caller's ARN is the text": (trusting({"AWS": ROOT}, {"StringEquals": BY_ARN}), True),
    "the account, where the caller's ARN is alike": (
        trusting({"AWS": ROOT}, {"ArnLike": {"aws:PrincipalArn": WATCH_ROLE[:-2] + "*"}}),
        True,
    ),
    "the account, for another caller": (
        trusting({"AWS": ROOT}, {"ArnEquals": {"aws:PrincipalArn": WATCH_ROLE + "-2"}}),
        False,
    ),
    "the account, for a resource": (trusting({"AWS": ROOT}, {"ArnEquals": {"aws:SourceArn": WATCH_ROLE}}), False),
    "another role": (trusting({"AWS": WATCH_ROLE.replace("watch", "task")}), False),
    "another account": (trusting({"AWS": "111122223333"}), False),
    "a service": (trusting({"Service": "scheduler.amazonaws.com"}), False),
    "a name of the session": (trusting({"AWS": ROOT}, {"StringEquals": {"sts:RoleSessionName": "test"}}), True),
    "another name of the session": (trusting({"AWS": ROOT}, {"StringEquals": {"sts:RoleSessionName": "x"}}), False),
    "an external id": (trusting({"AWS": ROOT}, {"StringEquals": {"sts:ExternalId": "xy"}}), False),
    "what is not known": (trusting({"AWS": ROOT}, {"NumericEquals": {"aws:PrincipalArn": "1"}}), False),
}


@pytest.mark.parametrize(("trust", "trusts"), TRUSTS.values(), ids=TRUSTS)
def test_trust(world: World, trust: str, trusts: bool) -> None:  # noqa: FBT001 - a table's column
    """A role gives its keys only to who its trust policy names, under the policy's conditions."""
    target(trust)
    world.allow_watch(ASSUME)
    if trusts:
        assert assume(world).access_key.startswith("ASIA")
        return
    code, message = refusal(lambda: assume(world))
    assert code == "AccessDenied"
    assert f"User: {WATCH_ROLE} is not authorized to perform: sts:AssumeRole on resource: {TARGET} because" in message


def test_external_id(world: World) -> None:
    """An external id in the request meets a condition on it."""
    target(trusting({"AWS": ROOT}, {"StringEquals": {"sts:ExternalId": "xy"}}))
    world.allow_watch(ASSUME)
    assert assume(world, ExternalId="xy").token


def test_role_that_does_not_exist(world: World) -> None:
    """Nobody can assume a role that does not exist, and the session cannot either."""
    world.allow_watch(ASSUME)
    code, message = refusal(lambda: assume(world))
    assert (code, "does not exist" in message) == ("AccessDenied", True)
    code, message = refusal(lambda: assumed(client("sts"), TARGET))
    assert (code, "does not exist" in message) == ("AccessDenied", True)


def test_caller_without_permission(world: World) -> None:
    """The caller's own policies must allow it too."""
    target(trusting({"AWS": ROOT}))
    world.allow_watch({**ASSUME, "Resource": TARGET + "-2"})
    code, message = refusal(lambda: assume(world))
    assert code == "AccessDenied"
    assert f"not authorized to perform: sts:AssumeRole on resource: {TARGET}" in message


def test_the_session(world: World) -> None:
    """The session is an administrator of the account: the trust must name it as well."""
    del world
    target(trusting({"AWS": ROOT}))
    assert assumed(client("sts"), TARGET).token
    client("iam").update_assume_role_policy(
        RoleName="target", PolicyDocument=trusting({"AWS": ROOT}, {"ArnEquals": BY_ARN})
    )
    assert refusal(lambda: assumed(client("sts"), TARGET))[0] == "AccessDenied"


ALLOWED: dict[str, tuple[str, str, dict[str, Any], dict[str, Any], str]] = {
    "sqs": (
        "sqs",
        "send_message",
        {"QueueUrl": URL, "MessageBody": "a"},
        {"Action": "sqs:SendMessage", "Resource": DEAD},
        "AccessDenied",
    ),
    "receive": (
        "sqs",
        "receive_message",
        {"QueueUrl": URL},
        {"Action": "sqs:ReceiveMessage", "Resource": DEAD},
        "AccessDenied",
    ),
    "tasks": (
        "ecs",
        "list_tasks",
        {"cluster": "main"},
        {"Action": "ecs:ListTasks", "Resource": "*", "Condition": {"ArnEquals": {"ecs:cluster": CLUSTER}}},
        "AccessDeniedException",
    ),
    "task": (
        "ecs",
        "describe_tasks",
        {"cluster": "main", "tasks": ["1f"]},
        {"Action": "ecs:DescribeTasks", "Resource": f"{CLUSTER.replace(':cluster/', ':task/')}/*"},
        "AccessDeniedException",
    ),
    "role": (
        "sts",
        "assume_role",
        {"RoleArn": TARGET, "RoleSessionName": "again"},
        {"Action": "sts:AssumeRole", "Resource": TARGET},
        "AccessDenied",
    ),
}


@pytest.mark.parametrize(("service", "operation", "request_", "statement", "code"), ALLOWED.values(), ids=ALLOWED)
def test_keys(
    world: World, service: str, operation: str, request_: dict[str, Any], statement: dict[str, Any], code: str
) -> None:
    """The keys have the permissions of the assumed role in each service, and none of the caller's."""
    target(trusting({"AWS": ROOT}))
    world.allow_watch(ASSUME, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    call = getattr(client_as(assume(world), service), operation)
    refused, message = refusal(lambda: call(**request_))
    assert (refused, f"User: {TARGET} is not authorized" in message) == (code, True)
    client("iam").put_role_policy(
        RoleName="target", PolicyName="own", PolicyDocument=document({"Effect": "Allow", **statement})
    )
    call(**request_)


def test_end(world: World) -> None:
    """The keys end with the session's duration, by the sandbox's clock; each session has keys of its own."""
    target(trusting({"AWS": ROOT}), {"Effect": "Allow", "Action": ["sqs:*", "ecs:*"], "Resource": "*"})
    world.allow_watch(ASSUME)
    short, usual = assume(world, DurationSeconds=900), assume(world)
    assert short != usual
    world.advance(seconds=899)
    client_as(short, "sqs").send_message(QueueUrl=URL, MessageBody="a")
    world.advance(seconds=1)
    said = "The security token included in the request is expired"
    assert refusal(lambda: client_as(short, "sqs").send_message(QueueUrl=URL, MessageBody="a")) == (
        "ExpiredToken",
        said,
    )
    assert refusal(lambda: client_as(short, "ecs").list_tasks(cluster="main")) == ("ExpiredTokenException", said)
    client_as(usual, "sqs").send_message(QueueUrl=URL, MessageBody="a")
    world.advance(minutes=45)
    assert refusal(lambda: client_as(usual, "sqs").send_message(QueueUrl=URL, MessageBody="a"))[0] == "ExpiredToken"


def test_answer(world: World) -> None:
    """The answer names the end of the keys, and the session."""
    target(trusting({"AWS": ROOT}))
    world.allow_watch(ASSUME)
    found = client_as(own(world), "sts").assume_role(RoleArn=TARGET, RoleSessionName="one")
    assert found["Credentials"]["Expiration"].isoformat() == "2027-01-04T01:00:00+00:00"
    assert found["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/target/one"


DURATIONS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "more than the role allows": ({}, {"DurationSeconds": 3601}, "MaxSessionDuration set for this role"),
    "more than role chaining allows": (
        {"MaxSessionDuration": 7200},
        {"DurationSeconds": 3601},
        "1 hour session limit for roles assumed by role chaining",
    ),
    "too short": ({}, {"DurationSeconds": 899}, "greater than or equal to 900"),
    "a policy of the session": ({}, {"Policy": "{}"}, "does not support Policy"),
}


@pytest.mark.parametrize(("role", "given", "said"), DURATIONS.values(), ids=DURATIONS)
def test_refused(world: World, role: dict[str, Any], given: dict[str, Any], said: str) -> None:
    """What STS or the sandbox does not take is refused by its name."""
    target(trusting({"AWS": ROOT}), **role)
    world.allow_watch(ASSUME)
    assert said in refusal(lambda: assume(world, **given))[1]


def test_what_is_no_role(world: World) -> None:
    """Another text than an ARN is invalid, and a role may not assume it anyway."""
    name = "the role of the jobs here"
    assert refusal(lambda: assumed(client("sts"), name)) == ("ValidationError", f"{name} is invalid")
    assert refusal(lambda: assume(world, RoleArn=name))[0] == "AccessDenied"


HANDLER = """
import boto3
def handle(event, context):
    keys = boto3.client("sts").assume_role(RoleArn=event["role"], RoleSessionName="tick")["Credentials"]
    queues = boto3.client(
        "sqs",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    queues.send_message(QueueUrl=event["url"], MessageBody=event["role"])
"""


def test_function(reachable: World) -> None:
    """A function assumes a role and acts with the role's permissions, which it does not have itself."""
    target(trusting({"AWS": ROOT}, {"ArnEquals": BY_ARN}), {"Effect": "Allow", "Action": "sqs:*", "Resource": DEAD})
    reachable.allow_watch(LOGGING, ASSUME)
    reachable.deploy(HANDLER)
    assert reachable.invoke({"role": TARGET, "url": URL}).error is None
    assert [message["Body"] for message in reachable.messages()] == [TARGET]
    other = json.loads(json.dumps(reachable.invoke({"role": WATCH_ROLE, "url": URL}).error))
    assert "AccessDenied" in other["errorMessage"]
