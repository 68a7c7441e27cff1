"""What a function is given of a queue's messages, and which of them it says it could not handle.

Follows "Using Lambda with Amazon SQS" and "Handling errors for an SQS event source" of the Lambda Developer Guide.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aws.arn import Arn

if TYPE_CHECKING:
    from moto.sqs.models import Message

PARTIAL = "ReportBatchItemFailures"
"""The function response type with which a function tells which messages of a batch failed."""


def event(queue_arn: str, messages: Sequence[Message]) -> dict[str, Any]:
    """Write the event of a batch."""
    return {"Records": [_record(queue_arn, message) for message in messages]}


def failed(result: object, ids: Sequence[str]) -> list[str]:
    """List the ids of the messages that failed, by a function's response; an answer that is not valid fails them all.

    No answer, an empty one, and one without failures are all success.
    """
    named = _named({} if result is None else result)
    return [one for one in ids if one in named] if all(one in ids for one in named) else list(ids)


def _named(result: object) -> list[object]:
    """List what the response names as failed; None for what names no message."""
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
