"""Sends alerts to the topic: text for people, the contract for machines, and a notification for chats."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from watch import alert as contract
from watch import chat, email_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sns import SNSClient

_LONGEST_PLAIN = 1000
_UNACCEPTABLE = frozenset({"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationError"})


def publish(client: SNSClient, topic: str, alert: contract.Alert) -> None:
    """Publish an alert. If SNS refuses its form, send it as plain text, so that no alert is lost."""
    try:
        client.publish(
            TopicArn=topic,
            Subject=email_text.subject(alert),
            Message=json.dumps(bodies(alert), ensure_ascii=False),
            MessageStructure="json",
            MessageAttributes=_attributes(alert),
        )
    except ClientError as error:
        if error.response["Error"].get("Code") not in _UNACCEPTABLE:
            raise
        _publish_plain(client, topic, alert)


def _publish_plain(client: SNSClient, topic: str, alert: contract.Alert) -> None:
    """Send only the summary and the id, with the alert's routing attributes if SNS accepts them."""
    plain = f"{alert['summary'][:_LONGEST_PLAIN]}\n{alert['id']}"
    try:
        client.publish(TopicArn=topic, Message=plain, MessageAttributes=_attributes(alert))
    except ClientError:
        client.publish(TopicArn=topic, Message=plain)


def bodies(alert: contract.Alert) -> dict[str, str]:
    """Return the message for each protocol."""
    machines = json.dumps(alert, ensure_ascii=False)
    chats = json.dumps(chat.notification(alert), ensure_ascii=False)
    return {"default": machines, "email": email_text.body(alert), "https": chats, "http": chats}


def _attributes(alert: contract.Alert) -> Mapping[str, Any]:
    return {
        name: {"DataType": "String.Array", "StringValue": json.dumps(values)}
        for name, values in contract.attributes(alert).items()
        if values
    }
