"""The policies of the group's own topics and queues. Pure."""

from __future__ import annotations

from typing import Any

from aws_facts.arn import Arn
from components.statements import POLICY_VERSION


def alerts_policy(topic_arn: str, *, watched: bool) -> dict[str, Any]:
    """Return the policy of the alert topic. It lets no service publish when there is a watch, which has its own role.

    Without a watch, the jobs' rules publish. Their statement has no condition, because EventBridge tells a topic
    neither the rule nor its account (EventBridge User Guide, "Using resource-based policies", Amazon SNS permissions).
    """
    rules = [] if watched else [_publishers("PublishAlerts", "events.amazonaws.com", topic_arn)]
    return _policy(*rules, _only_tls("sns:Publish", topic_arn))


def problems_policy(topic_arn: str) -> dict[str, Any]:
    """Return the policy that lets CloudWatch alarms of this account publish, and the rule that tells of their ends."""
    account = Arn.parse(topic_arn).account
    alarms = _publishers("PublishAlarms", "cloudwatch.amazonaws.com", topic_arn)
    return _policy(
        {**alarms, "Condition": {"StringEquals": {"aws:SourceAccount": account}}},
        _publishers("PublishRecoveries", "events.amazonaws.com", topic_arn),
        _only_tls("sns:Publish", topic_arn),
    )


def queue_policy(queue_arn: str) -> dict[str, Any]:
    """Return the policy of a queue. It allows nothing: whoever uses the queue has permissions of its own."""
    return _policy(_only_tls("sqs:*", queue_arn))


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": POLICY_VERSION, "Statement": list(statements)}


def _publishers(sid: str, service: str, topic_arn: str) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sns:Publish",
        "Resource": topic_arn,
    }


def _only_tls(actions: str, arn: str) -> dict[str, Any]:
    """Return the statement that denies requests without TLS (IAM User Guide, `aws:SecureTransport`).

    SNS accepts only some of its actions in a topic's policy, and no wildcard; publishing alone carries a message.
    """
    return {
        "Sid": "DenyWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
