"""Tests of the complete policies of the group's own topics and queues."""

from __future__ import annotations

from typing import Any

import pytest

from components import resource_policies
from emulator.iam.policy_evaluation import Request, evaluate_resource_policy

PLACE = "eu-central-1:111122223333"
ALERTS, PROBLEMS = (f"arn:aws:sns:{PLACE}:jobs-staging-{topic}" for topic in ("alerts", "problems"))
QUEUE = f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters"
EVENTS, ALARMS = "events.amazonaws.com", "cloudwatch.amazonaws.com"
ROLE = "arn:aws:iam::111122223333:role/worker"
ANYBODY = {
    "Sid": "Anybody",
    "Effect": "Allow",
    "Principal": {"AWS": "111122223333"},
    "Action": ["sns:Publish", "sqs:ReceiveMessage", "sqs:SendMessage"],
    "Resource": "*",
}
"""What the principals' own policies allow."""


def publishers(sid: str, service: str, topic: str) -> dict[str, Any]:
    """Return a statement that lets a service publish."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sns:Publish",
        "Resource": topic,
    }


def without_tls(actions: str, arn: str) -> dict[str, Any]:
    """Return the statement that denies requests without TLS."""
    return {
        "Sid": "DenyWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_lets_rules_publish_alerts() -> None:
    """Without a watch, the policy names EventBridge and this topic, without a condition, which would never hold."""
    assert resource_policies.alerts_policy(ALERTS, watched=False) == {
        "Version": "2012-10-17",
        "Statement": [publishers("PublishAlerts", EVENTS, ALERTS), without_tls("sns:Publish", ALERTS)],
    }


def test_lets_no_service_publish_alerts_beside_a_watch() -> None:
    """With a watch, the policy only denies requests without TLS; the watch publishes with its role."""
    policy = resource_policies.alerts_policy(ALERTS, watched=True)
    assert policy == {"Version": "2012-10-17", "Statement": [without_tls("sns:Publish", ALERTS)]}
    assert not evaluate_resource_policy(policy, EVENTS, Request("sns:Publish", ALERTS)).allowed


def test_lets_alarms_and_their_ends_publish() -> None:
    """The problems topic's policy names CloudWatch in this account, and EventBridge, which tells no account."""
    of_this_account = {"Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}
    assert resource_policies.problems_policy(PROBLEMS) == {
        "Version": "2012-10-17",
        "Statement": [
            {**publishers("PublishAlarms", ALARMS, PROBLEMS), **of_this_account},
            publishers("PublishRecoveries", EVENTS, PROBLEMS),
            without_tls("sns:Publish", PROBLEMS),
        ],
    }


def test_allows_nothing_on_a_queue() -> None:
    """A queue's policy only denies requests without TLS."""
    assert resource_policies.queue_policy(QUEUE) == {
        "Version": "2012-10-17",
        "Statement": [without_tls("sqs:*", QUEUE)],
    }


REQUESTS = {
    "a rule publishes an alert": (
        resource_policies.alerts_policy(ALERTS, watched=False),
        EVENTS,
        "sns:Publish",
        ALERTS,
    ),
    "an alarm publishes": (resource_policies.problems_policy(PROBLEMS), ALARMS, "sns:Publish", PROBLEMS),
    "the end of an alarm is published": (resource_policies.problems_policy(PROBLEMS), EVENTS, "sns:Publish", PROBLEMS),
    "a role publishes an alert": (resource_policies.alerts_policy(ALERTS, watched=True), ROLE, "sns:Publish", ALERTS),
    "a role sends a dead letter": (resource_policies.queue_policy(QUEUE), ROLE, "sqs:SendMessage", QUEUE),
    "a role takes a dead letter": (resource_policies.queue_policy(QUEUE), ROLE, "sqs:ReceiveMessage", QUEUE),
}


@pytest.mark.parametrize(("policy", "principal", "action", "arn"), REQUESTS.values(), ids=REQUESTS)
def test_needs_tls(policy: dict[str, Any], principal: str, action: str, arn: str) -> None:
    """Everybody needs TLS, whatever they may do. A service that does not say how it calls is not denied."""
    permitted = {**policy, "Statement": [*policy["Statement"], ANYBODY]}

    def may(**transport: str) -> bool:
        context = {"aws:SourceAccount": "111122223333", **transport}
        return evaluate_resource_policy(permitted, principal, Request(action, arn, context)).allowed

    assert may(**{"aws:SecureTransport": "true"})
    assert may()
    assert not may(**{"aws:SecureTransport": "false"})


def test_lets_no_other_service_publish() -> None:
    """Only the named services may publish, and alarms only of this account."""
    topic = resource_policies.problems_policy(PROBLEMS)
    own = Request("sns:Publish", PROBLEMS, {"aws:SourceAccount": "111122223333"})
    other = Request("sns:Publish", PROBLEMS, {"aws:SourceAccount": "444455556666"})
    assert not evaluate_resource_policy(topic, "s3.amazonaws.com", own).allowed
    assert not evaluate_resource_policy(topic, ALARMS, other).allowed
