"""Tests that who previews sees that a subscription was deleted by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from emulator.provider import registry
from emulator.provider.core.clients import Clients
from emulator.provider.core.lifecycle import Lifecycle, Settings
from tests import permissions
from tests.components.embedded import REGION

if TYPE_CHECKING:
    from emulator.provider.core.properties import Properties
    from tests.components.embedded import EmbeddedCloud
    from tests.permissions import Policy

TOPIC = "scheduled-jobs-production-alerts"
LIST = "sns:ListSubscriptionsByTopic"


@pytest.fixture
def subscription(cloud: EmbeddedCloud) -> Properties:
    """Subscribe a queue, and return the resource's state."""
    queue = permissions.arn("sqs", permissions.STACK["endpoint"])
    topic = cloud.client("sns").create_topic(Name=TOPIC)["TopicArn"]
    kind = registry.resource("aws:sns/topicSubscription:TopicSubscription")
    inputs = {"topic": topic, "protocol": "sqs", "endpoint": queue}
    return Lifecycle(cloud.clients, Settings(REGION)).create(kind, inputs)[1]


def looked_up(cloud: EmbeddedCloud, known: Properties, policy: Policy) -> bool:
    """Return whether a refresh by a role with this policy finds the subscription."""
    iam = cloud.client("iam")
    role = iam.create_role(RoleName="previews", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    iam.put_role_policy(RoleName="previews", PolicyName="previews", PolicyDocument=json.dumps(policy))
    clients = Clients(cloud.clients.endpoint_url, cloud.embedded.identities.credentials(role))
    kind = registry.resource("aws:sns/topicSubscription:TopicSubscription")
    found, _, _ = Lifecycle(clients, Settings(REGION)).read(kind, known["arn"], {}, known)
    return found != ""


def without(action: str) -> Policy:
    """Return the policy of who previews without an action."""
    policy = permissions.policy(permissions.PREVIEW)
    for statement in policy["Statement"]:
        statement["Action"] = [one for one in permissions.listed(statement["Action"]) if one != action]
    return policy


def test_finds_one_that_is_there(cloud: EmbeddedCloud, subscription: Properties) -> None:
    """With the policy of who previews, a refresh finds the subscription."""
    assert looked_up(cloud, subscription, permissions.policy(permissions.PREVIEW))


def test_misses_a_deleted_one(cloud: EmbeddedCloud, subscription: Properties) -> None:
    """With the policy of who previews, a refresh sees at once that it was deleted."""
    cloud.client("sns").unsubscribe(SubscriptionArn=subscription["arn"])
    assert not looked_up(cloud, subscription, permissions.policy(permissions.PREVIEW))


def test_overlooks_a_deletion_without_the_topic_s_list(cloud: EmbeddedCloud, subscription: Properties) -> None:
    """Who may not list the topic's subscriptions is told of a subscription that was just deleted."""
    cloud.client("sns").unsubscribe(SubscriptionArn=subscription["arn"])
    assert looked_up(cloud, subscription, without(LIST))


def test_needs_no_list_for_one_that_is_there(cloud: EmbeddedCloud, subscription: Properties) -> None:
    """The refusal of the list fails no refresh."""
    assert looked_up(cloud, subscription, without(LIST))
