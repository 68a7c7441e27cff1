"""The KMS keys of topics, queues, tables and secrets: what a request to one asks of its key, and who may use a key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from moto.dynamodb.models import dynamodb_backends
from moto.kms.models import kms_backends
from moto.secretsmanager.models import FakeSecret, secretsmanager_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError
from emulator.iam import policy_evaluation
from emulator.iam.policy_evaluation import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SENDING = ("kms:GenerateDataKey", "kms:Decrypt")
"""SQS Developer Guide and SNS Developer Guide, "Key management"."""
_READING = ("kms:Decrypt",)
"""SQS Developer Guide, "Key management"; DynamoDB Developer Guide, "DynamoDB encryption at rest usage notes"; Secrets
Manager User Guide, "Secret encryption and decryption"."""
_OF_AWS = "alias/aws/"
_USES: Mapping[str, Sequence[str]] = {
    "secretsmanager:GetSecretValue": _READING,
    "sns:Publish": _SENDING,
    "sqs:ReceiveMessage": _READING,
    "sqs:SendMessage": _SENDING,
    **{f"dynamodb:{verb}Item": _READING for verb in ("ConditionCheck", "Delete", "Get", "Put", "Update")},
    **{f"dynamodb:{operation}": _READING for operation in ("BatchGetItem", "BatchWriteItem", "Query", "Scan")},
}


def uses(request: Request) -> list[Request]:
    """Return what a service asks of KMS for the caller of a request; nothing if no key encrypts the resource."""
    actions = _USES.get(request.action, ())
    key = _key_of(Arn.parse(request.resource)) if actions and request.resource != "*" else None
    if not key:
        return []
    place = Arn.parse(request.resource)
    via = f"{place.service}.{place.region}.amazonaws.com"
    return [Request(action, key, {"kms:ViaService": via}) for action in actions]


def let_service(service: str, asked: Request) -> None:
    """Raise AwsError unless a key exists, is enabled, and its policy lets a service do what it asks."""
    arn = Arn.parse(asked.resource)
    key = kms_backends[arn.account][arn.region].keys.get(arn.resource.removeprefix("key/"))
    if key is None:
        raise AwsError("KMSNotFoundException", f"Key '{asked.resource}' does not exist")
    if not key.enabled:
        raise AwsError("KMSDisabledException", f"{asked.resource} is disabled.")
    policy = json.loads(key.policy)
    try:
        decision = policy_evaluation.evaluate_resource_policy(policy, service, asked)
    except policy_evaluation.UnknownPolicyElement as error:
        raise AwsError(
            "KMSAccessDeniedException", f"the sandbox cannot judge the policy of the key: {error}"
        ) from error
    if not decision.allowed:
        raise AwsError("KMSAccessDeniedException", f"{service} may not use the key: {decision.reason}")


def _key_of(arn: Arn) -> str | None:
    return _KEYS[arn.service](arn)


def _of_topic(arn: Arn) -> str | None:
    topic = sns_backends[arn.account][arn.region].topics.get(str(arn))
    return None if topic is None else topic.kms_master_key_id


def _of_queue(arn: Arn) -> str | None:
    queue = sqs_backends[arn.account][arn.region].queues.get(arn.resource)
    return None if queue is None else queue.kms_master_key_id  # type: ignore[attr-defined] # moto sets it by its name


def _of_table(arn: Arn) -> str | None:
    name = arn.resource.removeprefix("table/").partition("/")[0]
    table = dynamodb_backends[arn.account][arn.region].tables.get(name)
    encryption = (table.sse_specification or {}) if table else {}
    return encryption.get("KMSMasterKeyId") if encryption.get("Enabled") else None


def _of_secret(arn: Arn) -> str | None:
    """Return the customer managed key of a secret, which may have been named by its id or by an alias.

    Everybody of the account may use AWS's own key by Secrets Manager.
    """
    secret = secretsmanager_backends[arn.account][arn.region].secrets.get(str(arn))
    named: str = (secret.kms_key_id or "") if isinstance(secret, FakeSecret) else ""
    alias = named.rpartition(":")[2]
    if alias.startswith("alias/"):
        own = not alias.startswith(_OF_AWS)
        named = (kms_backends[arn.account][arn.region].get_key_id_from_alias(alias) or "") if own else ""
    return arn.sibling("kms", f"key/{named}") if named and not named.startswith("arn:") else named


_KEYS: Mapping[str, Callable[[Arn], str | None]] = {
    "dynamodb": _of_table,
    "secretsmanager": _of_secret,
    "sns": _of_topic,
    "sqs": _of_queue,
}
