"""Sends alerts to the topic: text to people, the contract to machines, a notification to chats."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from watch import alert as contract
from watch import chat, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sns import SNSClient

_LONGEST_PLAIN = 1000
_UNACCEPTABLE = frozenset({"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationError"})


def publish(client: SNSClient, topic: str, alert: contract.Alert) -> None:
    """Publish an alert; one that SNS does not take as it is goes out plain: it may be ugly, never absent."""
    try:
        client.publish(
            TopicArn=topic,
            Subject=text.subject(alert),
            Message=json.dumps(bodies(alert), ensure_ascii=False),
            MessageStructure="json",
            MessageAttributes=_attributes(alert),
        )
    except ClientError as error:
        if error.response["Error"].get("Code") not in _UNACCEPTABLE:
            raise
        _publish_plain(client, topic, alert)


def _publish_plain(client: SNSClient, topic: str, alert: contract.Alert) -> None:
    """Send the least that says something, to whom it is routed if SNS takes that."""
    plain = f"{alert['summary'][:_LONGEST_PLAIN]}\n{alert['id']}"
    try:
        client.publish(TopicArn=topic, Message=plain, MessageAttributes=_attributes(alert))
    except ClientError:
        client.publish(TopicArn=topic, Message=plain)


def bodies(alert: contract.Alert) -> dict[str, str]:
    """Write the message for each protocol."""
    machines = json.dumps(alert, ensure_ascii=False)
    chats = json.dumps(chat.notification(alert), ensure_ascii=False)
    return {"default": machines, "email": text.body(alert), "https": chats, "http": chats}


def _attributes(alert: contract.Alert) -> Mapping[str, Any]:
    return {
        name: {"DataType": "String.Array", "StringValue": json.dumps(values)}
        for name, values in contract.attributes(alert).items()
        if values
    }
