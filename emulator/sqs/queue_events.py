"""The event with a queue's messages for a function, and the failed messages in the function's response.

Follows "Using Lambda with Amazon SQS" and "Handling errors for an SQS event source" of the Lambda Developer Guide.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn

if TYPE_CHECKING:
    from moto.sqs.models import Message

PARTIAL = "ReportBatchItemFailures"
"""The function response type with which a function reports the failed messages of a batch."""


def event(queue_arn: str, messages: Sequence[Message]) -> dict[str, Any]:
    """Return the event for a batch of messages."""
    return {"Records": [_record(queue_arn, message) for message in messages]}


def failed(result: object, ids: Sequence[str]) -> list[str]:
    """Return the ids of the failed messages in a function's response; an invalid response fails all messages.

    No response, an empty response and a response without failures are all successes.
    """
    named = _named({} if result is None else result)
    return [one for one in ids if one in named] if all(one in ids for one in named) else list(ids)


def _named(result: object) -> list[object]:
    """Return the identifiers that a response names as failed; None for an entry that names no message."""
    if not isinstance(result, Mapping):
        return [None]
    failures = result.get("batchItemFailures") or []
    if not isinstance(failures, list):
        return [None]
    return [failure.get("itemIdentifier") if isinstance(failure, Mapping) else None for failure in failures]


def _record(queue_arn: str, message: Message) -> dict[str, Any]:
    attributes = {name: _attribute(value) for name, value in message.message_attributes.items()}
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SentTimestamp": str(message.sent_timestamp),
            "SenderId": message.sender_id,
            "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        },
        "messageAttributes": attributes,
        **({"md5OfMessageAttributes": message.attribute_md5} if attributes else {}),
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": Arn.parse(queue_arn).region,
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    binary = value.get("BinaryValue")
    held = (
        {"stringValue": value.get("StringValue")}
        if binary is None
        else {"binaryValue": base64.b64encode(binary).decode() if isinstance(binary, bytes) else binary}
    )
    return {**held, "stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
