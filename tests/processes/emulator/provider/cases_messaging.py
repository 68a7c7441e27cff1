"""Cases of SQS and SNS."""

# ruff: noqa: ARG005 - each function takes what every case gives it; tokens are no passwords

from __future__ import annotations

from typing import Final

from tests.processes.emulator.provider.case import SQS, TOPIC, Case, a_queue_and_topic, policy

MESSAGING: Final = [
    Case(
        SQS,
        lambda needs: {"messageRetentionSeconds": 1209600, "tags": {"a": "1"}, "policy": policy("sqs:SendMessage")},
        lambda needs: {"messageRetentionSeconds": None, "delaySeconds": 5, "tags": {"a": "2"}},
        ("delaySeconds", "messageRetentionSeconds", "tags.a"),
        {"name": "other", "fifoQueue": True},
        lambda boto, it: boto("sqs").set_queue_attributes(
            QueueUrl=it.id, Attributes={"VisibilityTimeout": "77", "Policy": it.outputs["policy"]}
        ),
        ("visibilityTimeoutSeconds",),
        id=lambda it: it.outputs["url"],
    ),
    Case(
        "aws:sqs/queuePolicy:QueuePolicy",
        lambda needs: {"queueUrl": needs["url"], "policy": policy("sqs:SendMessage", needs["queue"])},
        lambda needs: {"policy": policy("sqs:ReceiveMessage", needs["queue"])},
        ("policy",),
        {"queueUrl": "http://other"},
        lambda boto, it: boto("sqs").set_queue_attributes(QueueUrl=it.id, Attributes={"Policy": policy("sqs:*")}),
        ("policy",),
        a_queue_and_topic,
        id=lambda it: it.outputs["queueUrl"],
    ),
    Case(
        TOPIC,
        lambda needs: {"displayName": "Alerts", "tags": {"a": "1"}},
        lambda needs: {"displayName": "Alarms", "tags": {"b": "1"}},
        ("displayName", "tags.a", "tags.b"),
        {"name": "other", "fifoTopic": True},
        lambda boto, it: boto("sns").set_topic_attributes(
            TopicArn=it.id, AttributeName="DisplayName", AttributeValue="behind"
        ),
        ("displayName",),
        id=lambda it: it.outputs["arn"],
    ),
    Case(
        "aws:sns/topicPolicy:TopicPolicy",
        lambda needs: {"arn": needs["topic"], "policy": policy("sns:Publish", needs["topic"])},
        lambda needs: {"policy": policy("sns:Subscribe", needs["topic"])},
        ("policy",),
        {"arn": "other"},
        lambda boto, it: boto("sns").set_topic_attributes(
            TopicArn=it.id, AttributeName="Policy", AttributeValue=policy("sns:*")
        ),
        ("policy",),
        a_queue_and_topic,
        id=lambda it: it.outputs["arn"],
    ),
    Case(
        "aws:sns/topicSubscription:TopicSubscription",
        lambda needs: {"topic": needs["topic"], "protocol": "sqs", "endpoint": needs["queue"]},
        lambda needs: {"rawMessageDelivery": True, "filterPolicy": '{"class": ["failed"]}'},
        ("filterPolicy", "rawMessageDelivery"),
        {"topic": "other", "protocol": "https", "endpoint": "other"},
        lambda boto, it: boto("sns").set_subscription_attributes(
            SubscriptionArn=it.id, AttributeName="FilterPolicy", AttributeValue='{"class": ["missed"]}'
        ),
        ("filterPolicy",),
        a_queue_and_topic,
        id=lambda it: it.outputs["arn"],
    ),
    Case(
        "aws:sns/topicSubscription:TopicSubscription",
        lambda needs: {
            "topic": needs["topic"],
            "protocol": "sqs",
            "endpoint": needs["queue"],
            "filterPolicy": '{"class": ["failed"]}',
            "filterPolicyScope": "MessageBody",
        },
        lambda needs: {"filterPolicy": '{"class": ["failed", "missed"]}'},
        ("filterPolicy",),
        needs=a_queue_and_topic,
        id=lambda it: it.outputs["arn"],
        variant="filtered",
    ),
]
