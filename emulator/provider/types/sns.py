"""SNS: topics, their policies and subscriptions."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Final

from botocore.exceptions import ClientError

from aws_facts.arn import Arn
from emulator.provider.core import tags
from emulator.provider.core.compare import json_text, policy_document
from emulator.provider.core.errors import error_code
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties

GONE: Final = frozenset({"NotFound", "NotFoundException"})
_TOPIC_ATTRIBUTES: Final = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deliveryPolicy": "DeliveryPolicy",
    "displayName": "DisplayName",
    "fifoTopic": "FifoTopic",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "signatureVersion": "SignatureVersion",
    "tracingConfig": "TracingConfig",
}
_SUBSCRIPTION_ATTRIBUTES: Final = {
    "deliveryPolicy": "DeliveryPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "filterPolicy": "FilterPolicy",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}
_NO_FILTER: Final = "{}"
_LISTED: Final = frozenset({"lambda", "sqs"})
"""The protocols whose subscriptions the provider also looks up in the topic's list, since they need no confirmation."""
_FLAGS: Final = frozenset({"contentBasedDeduplication", "fifoTopic", "rawMessageDelivery"})
_DEFAULT_ACTIONS: Final = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)


class Topic(ResourceType):
    """An SNS topic; its id is its ARN."""

    token = "aws:sns/topic:Topic"
    label = "SNS Topic"
    inputs = frozenset(_TOPIC_ATTRIBUTES) | {"name", "tags"}
    outputs = frozenset({"arn", "owner"})
    replace_on = frozenset({"fifoTopic"})
    auto_name = AutoName(256, fifo_property="fifoTopic")
    defaults: ClassVar = {"contentBasedDeduplication": False, "fifoTopic": False}
    computed = frozenset({"policy", "signatureVersion", "tracingConfig"})
    volatile = frozenset({"policy"})
    json_inputs = frozenset({"policy"})
    canonical: ClassVar = {"deliveryPolicy": json_text, "policy": policy_document}
    gone = GONE

    def create(self, aws: Aws, inputs: Properties) -> str:
        attributes = {
            name: text for name, text in _texts(_TOPIC_ATTRIBUTES, inputs).items() if text not in ("", "false")
        }
        request = present(Name=inputs["name"], Attributes=attributes, Tags=tags.to_list(inputs.get("tags")))
        return str(aws.client("sns").create_topic(**request)["TopicArn"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        client = aws.client("sns")
        attributes = client.get_topic_attributes(TopicArn=resource_id)["Attributes"]
        listed = client.list_tags_for_resource(ResourceArn=resource_id)["Tags"]
        return {
            "contentBasedDeduplication": False,
            "fifoTopic": False,
            **_unreported(known, attributes, "signatureVersion", "tracingConfig"),
            **_values(_TOPIC_ATTRIBUTES, attributes),
            "arn": attributes["TopicArn"],
            "name": Arn.parse(attributes["TopicArn"]).resource,
            "owner": attributes["Owner"],
            "tags": tags.from_list(listed),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("sns")
        for name, text in _changed(_TOPIC_ATTRIBUTES, old, new).items():
            client.set_topic_attributes(TopicArn=resource_id, AttributeName=name, AttributeValue=text)
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_resource(ResourceArn=resource_id, TagKeys=removed)
        if added:
            client.tag_resource(ResourceArn=resource_id, Tags=tags.to_list(added))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("sns").delete_topic(TopicArn=resource_id)


class TopicPolicy(ResourceType):
    """The policy of a topic; its id is the topic's ARN. Its deletion restores AWS's default policy."""

    token = "aws:sns/topicPolicy:TopicPolicy"
    label = "SNS Topic Policy"
    inputs = frozenset({"arn", "policy"})
    outputs = frozenset({"owner"})
    required = frozenset({"arn", "policy"})
    replace_on = frozenset({"arn"})
    json_inputs = frozenset({"policy"})
    canonical: ClassVar = {"policy": policy_document}
    gone = GONE

    def create(self, aws: Aws, inputs: Properties) -> str:
        _set_policy(aws, inputs["arn"], inputs["policy"])
        return str(inputs["arn"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        attributes = aws.client("sns").get_topic_attributes(TopicArn=resource_id)["Attributes"]
        return {"arn": resource_id, "owner": attributes["Owner"], "policy": attributes["Policy"]}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        del old
        _set_policy(aws, resource_id, new["policy"])

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        owner = state.get("owner") or Arn.parse(resource_id).account
        _set_policy(aws, resource_id, json.dumps(_default_policy(resource_id, str(owner))))

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("arn", "new"))


class TopicSubscription(ResourceType):
    """A subscription to a topic; its id is its ARN."""

    token = "aws:sns/topicSubscription:TopicSubscription"
    label = "SNS Topic Subscription"
    inputs = frozenset(_SUBSCRIPTION_ATTRIBUTES) | {
        "confirmationTimeoutInMinutes",
        "endpoint",
        "endpointAutoConfirms",
        "protocol",
        "topic",
    }
    outputs = frozenset({"arn", "confirmationWasAuthenticated", "ownerId", "pendingConfirmation"})
    required = frozenset({"endpoint", "protocol", "topic"})
    replace_on = frozenset({"endpoint", "protocol", "topic"})
    defaults: ClassVar = {
        "confirmationTimeoutInMinutes": 1,
        "endpointAutoConfirms": False,
        "rawMessageDelivery": False,
    }
    computed = frozenset({"filterPolicyScope"})
    write_only = frozenset({"confirmationTimeoutInMinutes", "endpointAutoConfirms"})
    canonical: ClassVar = {"deliveryPolicy": json_text, "filterPolicy": json_text, "redrivePolicy": json_text}
    gone = GONE

    def create(self, aws: Aws, inputs: Properties) -> str:
        attributes = {
            name: text for name, text in _texts(_SUBSCRIPTION_ATTRIBUTES, inputs).items() if text not in ("", "false")
        }
        request = present(
            TopicArn=inputs["topic"], Protocol=inputs["protocol"], Endpoint=inputs["endpoint"], Attributes=attributes
        )
        return str(aws.client("sns").subscribe(**request, ReturnSubscriptionArn=True)["SubscriptionArn"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        if known.get("protocol") in _LISTED and not _is_listed(aws, known["topic"], resource_id):
            return None
        attributes = aws.client("sns").get_subscription_attributes(SubscriptionArn=resource_id)["Attributes"]
        if attributes.get("FilterPolicy") == _NO_FILTER:
            del attributes["FilterPolicy"]
        return {
            "filterPolicyScope": "MessageAttributes" if attributes.get("FilterPolicy") else "",
            "rawMessageDelivery": False,
            **_values(_SUBSCRIPTION_ATTRIBUTES, attributes),
            "arn": attributes["SubscriptionArn"],
            "confirmationWasAuthenticated": _flag(attributes.get("ConfirmationWasAuthenticated")),
            "endpoint": attributes["Endpoint"],
            "ownerId": attributes["Owner"],
            "pendingConfirmation": _flag(attributes.get("PendingConfirmation")),
            "protocol": attributes["Protocol"],
            "topic": attributes["TopicArn"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("sns")
        for name, text in _changed(_SUBSCRIPTION_ATTRIBUTES, old, new).items():
            value = text or (_NO_FILTER if name == "FilterPolicy" else "")
            client.set_subscription_attributes(SubscriptionArn=resource_id, AttributeName=name, AttributeValue=value)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("sns").unsubscribe(SubscriptionArn=resource_id)

    def name_of(self, inputs: Properties) -> str:
        return f"{inputs.get('topic')} to {inputs.get('protocol')} {inputs.get('endpoint')}"


def _is_listed(aws: Aws, topic: str, subscription: str) -> bool:
    """Return whether a topic's list has a subscription; a caller who may not list it is told that it has.

    GetSubscriptionAttributes alone is eventually consistent (terraform-provider-aws, pull requests 42093 and 42117).
    """
    pages = aws.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    try:
        return any(one["SubscriptionArn"] == subscription for page in pages for one in page["Subscriptions"])
    except ClientError as error:
        if error_code(error) != "AuthorizationError":
            raise
        return True


def _set_policy(aws: Aws, arn: str, policy: str) -> None:
    aws.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def _default_policy(arn: str, owner: str) -> Properties:
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _DEFAULT_ACTIONS],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": owner}},
    }
    return {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}


def _texts(names: dict[str, str], inputs: Properties) -> dict[str, str]:
    return {name: _text(inputs[key]) for key, name in names.items() if inputs.get(key) is not None}


def _changed(names: dict[str, str], old: Properties, new: Properties) -> dict[str, str]:
    before, after = _texts(names, old), _texts(names, new)
    return {name: after.get(name, "") for name in names.values() if before.get(name) != after.get(name)}


def _values(names: dict[str, str], attributes: dict[str, Json]) -> Properties:
    found = {key: attributes[name] for key, name in names.items() if name in attributes}
    return {key: _flag(value) if key in _FLAGS else value for key, value in found.items()}


def _unreported(known: Properties, attributes: dict[str, Json], *keys: str) -> Properties:
    # moto accepts these attributes and does not report them; they are assumed to be as they were set.
    return {key: known[key] for key in keys if key in known and _TOPIC_ATTRIBUTES[key] not in attributes}


def _text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _flag(value: Json) -> bool:
    return str(value).lower() == "true"
