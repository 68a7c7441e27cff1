"""The statements that let a role use a KMS key through a service. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Sequence

SENDING = ("kms:Decrypt", "kms:GenerateDataKey")
"""What a service asks of a key, on behalf of whoever sends to an encrypted queue or publishes to an encrypted topic.

Decrypt verifies the new data key (SQS Developer Guide and SNS Developer Guide, "Key management").
"""
READING = ("kms:Decrypt",)
"""What a service asks of a key, on behalf of whoever receives from an encrypted queue, or uses an encrypted table."""


def statement(sid: str, actions: Sequence[str], kms_key_arn: str, services: Sequence[str]) -> dict[str, Any]:
    """Return the statement that allows actions on a key, but only when one of the services asks for them.

    `services` are the first parts of the services' names, such as `sqs`. The names end with a `*`, since they may have
    a further part in China.
    """
    region = Arn.parse(kms_key_arn).region
    named = [f"{service}.{region}.amazonaws.com*" for service in services]
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions) if len(actions) > 1 else actions[0],
        "Resource": kms_key_arn,
        "Condition": {"StringLike": {"kms:ViaService": named if len(named) > 1 else named[0]}},
    }
