"""Secrets are read by the labels of their versions, and by who may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.processes.emulator.world import WATCH_ROLE, client, client_as, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

LABELS = ("AWSCURRENT", "AWSPREVIOUS", "AWSPENDING")


@pytest.fixture
def arn(world: World) -> str:
    """Return the ARN of a secret with the value `first`."""
    del world
    return str(client("secretsmanager").create_secret(Name="hook", SecretString="first")["ARN"])


def read(arn: str, label: str | None = None) -> str:
    """Return the value of a secret's version, or the reason why there is none."""
    given = {} if label is None else {"VersionStage": label}
    try:
        found = client("secretsmanager").get_secret_value(SecretId=arn, **given)["SecretString"]
    except ClientError as error:
        found = f"{error.response['Error']['Code']}: {error.response['Error']['Message']}"
    return str(found)


def put(arn: str, value: str, **given: Any) -> str:  # noqa: ANN401 - members of a request
    """Give a secret another value, and return the version's id."""
    return str(client("secretsmanager").put_secret_value(SecretId=arn, SecretString=value, **given)["VersionId"])


def missing(label: str) -> str:
    """Return the answer for a label that no version has."""
    text = "Secrets Manager can't find the specified secret value for staging label"
    return f"ResourceNotFoundException: {text}: {label}"


def test_a_new_value_makes_the_one_before_the_previous(arn: str) -> None:
    """Only two values have a label, and without one the current value is read."""
    assert [read(arn, label) for label in LABELS] == ["first", missing("AWSPREVIOUS"), missing("AWSPENDING")]
    for before, now in (("first", "second"), ("second", "third")):
        put(arn, now)
        assert [read(arn), *(read(arn, label) for label in LABELS[:2])] == [now, now, before]


def test_a_pending_value_becomes_current_when_the_label_moves(arn: str) -> None:
    """So does a rotation by a function."""
    pending = put(arn, "second", VersionStages=["AWSPENDING"])
    assert [read(arn), *(read(arn, label) for label in LABELS)] == ["first", "first", missing("AWSPREVIOUS"), "second"]
    current = client("secretsmanager").get_secret_value(SecretId=arn)["VersionId"]
    client("secretsmanager").update_secret_version_stage(
        SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=pending, RemoveFromVersionId=current
    )
    assert [read(arn), *(read(arn, label) for label in LABELS[:2])] == ["second", "second", "first"]
    put(arn, "third")
    assert [read(arn), *(read(arn, label) for label in LABELS[:2])] == ["third", "third", "second"]


def test_there_is_nothing_to_read(arn: str) -> None:
    """A secret may be unknown, deleted, or without a value."""
    unknown = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
    assert [read(f"{arn[:-7]}-other"), read("other", "AWSPREVIOUS")] == [unknown, unknown]
    empty = client("secretsmanager").create_secret(Name="empty")["ARN"]
    assert [read(empty), read(empty, "AWSPREVIOUS")] == [missing("AWSCURRENT"), missing("AWSPREVIOUS")]
    client("secretsmanager").delete_secret(SecretId=arn)
    assert read(arn, "AWSPREVIOUS").startswith("InvalidRequestException: ")


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({}, True),
        ({"Resource": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:other-??????"}, False),
        ({"Action": "secretsmanager:DescribeSecret"}, False),
        ({"Condition": {"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}}, False),
        ({"Condition": {"StringEquals": {"secretsmanager:VersionStage": "AWSPREVIOUS"}}}, True),
    ],
    ids=["allowed", "another secret", "another action", "another version", "this version"],
)
def test_a_role_reads_what_its_policies_allow(
    world: World, arn: str, changes: dict[str, Any], *, allowed: bool
) -> None:
    """By the secret's name too."""
    world.allow_watch(
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": f"{arn[:-6]}??????", **changes}
    )
    put(arn, "second")
    reader = client_as(world.aws.identities.credentials(WATCH_ROLE), "secretsmanager")
    for name in (arn, "hook"):
        if allowed:
            assert reader.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["SecretString"] == "first"
        else:
            code, message = refusal(lambda: reader.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS"))  # noqa: B023
            assert code == "AccessDeniedException"
            assert f"not authorized to perform: secretsmanager:GetSecretValue on resource: {arn}" in message
