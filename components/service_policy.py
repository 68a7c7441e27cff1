"""What the task role of a service must be allowed, so that its containers take runs or begin them. Pure.

The role is somebody else's, so the statements are not attached but told to its owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components import key_use
from components.statements import Statement, allow

if TYPE_CHECKING:
    from collections.abc import Sequence

_TAKING = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage")
_CLAIMING = ("dynamodb:GetItem", "dynamodb:UpdateItem")
_TELLING = "lambda:InvokeFunction"


def take_work(
    *, queue_arn: str, claims_arn: str, watch_arn: str, kms_key_arn: str | None = None
) -> Sequence[Statement]:
    """Return the statements for taking runs from a queue, claiming them, and telling the watch how they ended.

    `kms_key_arn` is the key of queue and table.
    """
    key = _use_key(kms_key_arn, "dynamodb", "sqs")
    return [allow("TakeWork", _TAKING, queue_arn), _claim(claims_arn), tell(watch_arn), *key]


def claim_runs(*, claims_arn: str, watch_arn: str, kms_key_arn: str | None = None) -> Sequence[Statement]:
    """Return the statements for claiming runs that a process begins by itself, and telling the watch of them."""
    return [_claim(claims_arn), tell(watch_arn), *_use_key(kms_key_arn, "dynamodb")]


def tell(watch_arn: str) -> Statement:
    """Return the statement for telling the watch of runs."""
    return allow("TellTheWatch", _TELLING, watch_arn)


def _claim(claims_arn: str) -> Statement:
    return allow("KeepClaims", _CLAIMING, claims_arn)


def _use_key(kms_key_arn: str | None, *services: str) -> Sequence[Statement]:
    if kms_key_arn is None:
        return []
    return [key_use.statement("UseKey", key_use.READING, kms_key_arn, services)]
