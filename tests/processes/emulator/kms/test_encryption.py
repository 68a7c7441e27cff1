"""Keys of log groups and tables change as on AWS, and only who may use a key uses what it encrypts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.gateway.gateway import AwsError
from emulator.iam import keys
from emulator.iam.policy_evaluation import Request
from tests.processes.emulator.world import ACCOUNT, REGION, client, document, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.processes.emulator.world import World

PLACE = f"{REGION}:{ACCOUNT}"
LOG = f"arn:aws:logs:{PLACE}:log-group:/jobs"
LOGS = f"logs.{REGION}.amazonaws.com"
CONTEXT = "kms:EncryptionContext:aws:logs:arn"
TOPIC, QUEUE, TABLE = (
    f"arn:aws:{kind}:{PLACE}:{name}" for kind, name in (("sns", "t"), ("sqs", "q"), ("dynamodb", "table/l"))
)


def make_key(service: str = LOGS, **conditions: Any) -> str:  # noqa: ANN401 - operators of a condition
    """Create a key that a service may use, and return its ARN."""
    allowed = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "kms:*", "Resource": "*"}
    policy = document({**allowed, **({"Condition": conditions} if conditions else {})})
    return str(client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])


def key_of_log() -> str | None:
    """Return the key of the log group."""
    [group] = client("logs").describe_log_groups(logGroupNamePrefix="/jobs")["logGroups"]
    found: str | None = group.get("kmsKeyId")
    return found


def test_a_log_group_changes_its_key(world: World) -> None:
    """A log group gets a key, when it is created or later, and can be without one again."""
    del world
    first, second = make_key(), make_key()
    client("logs").create_log_group(logGroupName="/jobs", kmsKeyId=first)
    assert key_of_log() == first
    client("logs").associate_kms_key(logGroupName="/jobs", kmsKeyId=second)
    assert key_of_log() == second
    client("logs").disassociate_kms_key(logGroupName="/jobs")
    assert key_of_log() is None
    gone = refusal(lambda: client("logs").associate_kms_key(logGroupName="/none", kmsKeyId=first))
    assert gone[0] == "ResourceNotFoundException"


REFUSED: dict[str, dict[str, Any]] = {
    "another service": {"service": "events.amazonaws.com"},
    "the service of another region": {"service": "logs.eu-west-1.amazonaws.com"},
    "another log group": {"ArnEquals": {CONTEXT: f"{LOG}-2"}},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_a_log_group_needs_the_policy_of_the_key(world: World, changes: dict[str, Any]) -> None:
    """A key whose policy does not let CloudWatch Logs encrypt this log group is refused, at creation and later."""
    del world
    key = make_key(**changes)
    message = f"The specified KMS key does not exist or is not allowed to be used with Arn '{LOG}'"
    for call in (
        lambda: client("logs").create_log_group(logGroupName="/jobs", kmsKeyId=key),
        lambda: client("logs").associate_kms_key(logGroupName="/jobs", kmsKeyId=key),
    ):
        code, said = refusal(call)
        assert (code, message in said) == ("InvalidParameterException", True)


def test_a_log_group_with_its_own_key(world: World) -> None:
    """A key whose policy names this log group is accepted; one that does not exist is not."""
    del world
    client("logs").create_log_group(logGroupName="/jobs", kmsKeyId=make_key(ArnEquals={CONTEXT: LOG}))
    missing = f"arn:aws:kms:{PLACE}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    code, said = refusal(lambda: client("logs").associate_kms_key(logGroupName="/jobs", kmsKeyId=missing))
    assert (code, "does not exist" in said) == ("InvalidParameterException", True)


def test_a_table_changes_its_key(world: World) -> None:
    """A table gets a key, another one, and DynamoDB's own again."""
    del world
    client("dynamodb").create_table(
        TableName="l",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for wanted in (make_key(), make_key(), None):
        change = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": wanted} if wanted else {"Enabled": False}
        client("dynamodb").update_table(TableName="l", SSESpecification=change)
        described = client("dynamodb").describe_table(TableName="l")["Table"].get("SSEDescription", {})
        assert described.get("KMSMasterKeyArn") == wanted
        assert [one.resource for one in keys.uses(Request("dynamodb:GetItem", TABLE))] == ([wanted] if wanted else [])


SENDING, READING = {"kms:GenerateDataKey", "kms:Decrypt"}, {"kms:Decrypt"}
USES = {
    "publish": ("sns:Publish", TOPIC, SENDING),
    "subscribe": ("sns:Subscribe", TOPIC, set()),
    "send": ("sqs:SendMessage", QUEUE, SENDING),
    "receive": ("sqs:ReceiveMessage", QUEUE, READING),
    "delete a message": ("sqs:DeleteMessage", QUEUE, set()),
    "read an item": ("dynamodb:GetItem", TABLE, READING),
    "write an item": ("dynamodb:PutItem", TABLE, READING),
    "query": ("dynamodb:Query", TABLE, READING),
    "query an index": ("dynamodb:Query", f"{TABLE}/index/i", READING),
    "describe the table": ("dynamodb:DescribeTable", TABLE, set()),
    "publish elsewhere": ("sns:Publish", f"{TOPIC}-plain", set()),
    "publish anywhere": ("sns:Publish", "*", set()),
    "send elsewhere": ("sqs:SendMessage", f"{QUEUE}-gone", set()),
}
SECRETS: dict[str, Callable[[str], str]] = {
    "its ARN": lambda key: key,
    "its id": lambda key: key.rpartition("/")[2],
    "an alias": lambda _: "alias/own",
}


@pytest.mark.parametrize(("action", "resource", "expected"), USES.values(), ids=USES)
def test_what_a_request_asks_of_the_key(world: World, action: str, resource: str, expected: set[str]) -> None:
    """Only requests that move data of an encrypted topic, queue or table ask for its key, through their service."""
    del world
    key = make_key()
    client("sns").create_topic(Name="t", Attributes={"KmsMasterKeyId": key})
    client("sns").create_topic(Name="t-plain")
    client("sqs").create_queue(QueueName="q", Attributes={"KmsMasterKeyId": key})
    client("dynamodb").create_table(
        TableName="l",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    )
    asked = keys.uses(Request(action, resource))
    assert {one.action for one in asked} == expected
    via = f"{action.partition(':')[0]}.{REGION}.amazonaws.com"
    assert all((one.resource, one.context) == (key, {"kms:ViaService": via}) for one in asked)


def test_a_service_needs_the_policy_of_the_key(world: World) -> None:
    """A service may use an enabled key whose policy names it, and no other."""
    del world
    key = make_key("events.amazonaws.com")
    asked = Request("kms:Decrypt", key)
    keys.let_service("events.amazonaws.com", asked)
    with pytest.raises(AwsError, match=r"cloudwatch\.amazonaws\.com may not use the key"):
        keys.let_service("cloudwatch.amazonaws.com", asked)
    with pytest.raises(AwsError, match="cannot judge"):
        keys.let_service("events.amazonaws.com", Request("kms:Decrypt", make_key(NumericEquals={"aws:a": "1"})))
    client("kms").disable_key(KeyId=key.rpartition("/")[2])
    with pytest.raises(AwsError, match="is disabled"):
        keys.let_service("events.amazonaws.com", asked)
    with pytest.raises(AwsError, match="does not exist"):
        keys.let_service("events.amazonaws.com", Request("kms:Decrypt", f"{key}0"))


@pytest.mark.parametrize("named", SECRETS.values(), ids=SECRETS)
def test_who_reads_a_secret_needs_its_key(world: World, named: Callable[[str], str]) -> None:
    """However the secret names the key. AWS's own key is everybody's, through Secrets Manager."""
    del world
    key = make_key()
    client("kms").create_alias(AliasName="alias/own", TargetKeyId=key)
    secret, plain = (
        str(client("secretsmanager").create_secret(Name=name, SecretString="s", **more)["ARN"])
        for name, more in (("a", {"KmsKeyId": named(key)}), ("b", {}))
    )
    read = "secretsmanager:GetSecretValue"
    via = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}
    assert keys.uses(Request(read, secret)) == [Request("kms:Decrypt", key, via)]
    assert keys.uses(Request("secretsmanager:DescribeSecret", secret)) == []
    assert keys.uses(Request(read, plain)) == []
