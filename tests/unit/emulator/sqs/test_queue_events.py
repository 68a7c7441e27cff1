"""A function gets messages in AWS's shape, and its response is read as Lambda reads it."""

from __future__ import annotations

import pytest
from moto.sqs.models import Message

from emulator.sqs import queue_events

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:dead"
IDS = ["a", "b", "c"]


def test_event() -> None:
    """A message has its own attributes and those of the queue, all as text."""
    message = Message("1f", '{"a": 1}')
    message.receipt_handle = "handle"
    message.sent_timestamp = 1000  # type: ignore[assignment]
    message.approximate_first_receive_timestamp = 2000
    message.approximate_receive_count = 3
    message.message_attributes = {
        "CODE": {"DataType": "String", "StringValue": "x"},
        "RAW": {"DataType": "Binary", "BinaryValue": b"\0"},
    }
    assert queue_events.event(QUEUE, [message]) == {
        "Records": [
            {
                "messageId": "1f",
                "receiptHandle": "handle",
                "body": '{"a": 1}',
                "attributes": {
                    "ApproximateReceiveCount": "3",
                    "SentTimestamp": "1000",
                    "SenderId": message.sender_id,
                    "ApproximateFirstReceiveTimestamp": "2000",
                },
                "messageAttributes": {
                    "CODE": {
                        "stringValue": "x",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "String",
                    },
                    "RAW": {
                        "binaryValue": "AA==",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "Binary",
                    },
                },
                "md5OfMessageAttributes": message.attribute_md5,
                "md5OfBody": "42b7b4f2921788ea14dac5566e6f06d0",
                "eventSource": "aws:sqs",
                "eventSourceARN": QUEUE,
                "awsRegion": "eu-central-1",
            }
        ]
    }


def test_message_without_attributes() -> None:
    """A message without attributes has neither attributes nor a digest of them."""
    (record,) = queue_events.event(QUEUE, [Message("1f", "")])["Records"]
    assert record["messageAttributes"] == {}
    assert "md5OfMessageAttributes" not in record


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        pytest.param(None, [], id="nothing"),
        pytest.param({}, [], id="empty"),
        pytest.param({"batchItemFailures": None}, [], id="null"),
        pytest.param({"batchItemFailures": []}, [], id="no-failures"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": "b"}]}, ["b"], id="one"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": "c"}, {"itemIdentifier": "a"}]}, ["a", "c"], id="two"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "x"}]}, IDS, id="unknown"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": ""}]}, IDS, id="empty-id"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": None}]}, IDS, id="null-id"),
        pytest.param({"batchItemFailures": [{"id": "b"}]}, IDS, id="other-key"),
        pytest.param({"batchItemFailures": ["b"]}, IDS, id="no-object"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": ["b"]}]}, IDS, id="no-text"),
        pytest.param({"batchItemFailures": "b"}, IDS, id="no-list"),
        pytest.param("b", IDS, id="text"),
        pytest.param("", IDS, id="empty-text"),
        pytest.param([], IDS, id="list"),
        pytest.param(0, IDS, id="number"),
    ],
)
def test_failed(answer: object, failed: list[str]) -> None:
    """Listed messages failed; no list is a success; an invalid response fails the whole batch."""
    assert queue_events.failed(answer, IDS) == failed
