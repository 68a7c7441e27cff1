"""Messages that a service of AWS sends to a queue with the permissions of a role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.sqs.models import sqs_backends
from moto.sqs.utils import validate_message_attributes

from emulator.gateway.gateway import AwsError
from emulator.iam import identities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.gateway.gateway import Call


def send_message(call: Call, principal: str) -> Mapping[str, Any]:
    """Answer a SendMessage request with the permissions of the role `principal`; raise SQS's error as AwsError."""
    identities.authorize(principal, call)
    params = call.params
    attributes, system = params.get("MessageAttributes", {}), params.get("MessageSystemAttributes")
    try:
        validate_message_attributes(attributes)
        validate_message_attributes(system or {})
        message = sqs_backends[call.account][call.region].send_message(
            params["QueueUrl"].rpartition("/")[2],
            params["MessageBody"],
            message_attributes=attributes,
            delay_seconds=params.get("DelaySeconds"),
            deduplication_id=params.get("MessageDeduplicationId"),
            group_id=params.get("MessageGroupId"),
            system_attributes=system,
        )
    except ServiceException as error:
        raise AwsError(error.code, error.message) from error
    return {"MessageId": message.id, "MD5OfMessageBody": message.body_md5}
