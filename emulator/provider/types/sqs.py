"""SQS: queues and queue policies."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from aws_facts.arn import Arn
from emulator.provider.core import tags
from emulator.provider.core.compare import json_text, policy_document
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties

GONE: Final = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_ATTRIBUTES: Final = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deduplicationScope": "DeduplicationScope",
    "delaySeconds": "DelaySeconds",
    "fifoQueue": "FifoQueue",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}
_FLAGS: Final = frozenset({"contentBasedDeduplication", "fifoQueue", "sqsManagedSseEnabled"})
_NUMBERS: Final = frozenset(key for key in _ATTRIBUTES if key.endswith(("Seconds", "Size")))


class Queue(ResourceType):
    """An SQS queue; its id is its URL."""

    token = "aws:sqs/queue:Queue"
    label = "SQS Queue"
    inputs = frozenset(_ATTRIBUTES) | {"name", "tags"}
    outputs = frozenset({"arn", "url"})
    replace_on = frozenset({"fifoQueue"})
    auto_name = AutoName(80, fifo_property="fifoQueue")
    defaults: ClassVar = {
        "contentBasedDeduplication": False,
        "delaySeconds": 0,
        "fifoQueue": False,
        "maxMessageSize": 262144,
        "messageRetentionSeconds": 345600,
        "receiveWaitTimeSeconds": 0,
        "visibilityTimeoutSeconds": 30,
    }
    computed = frozenset(
        {
            "deduplicationScope",
            "fifoThroughputLimit",
            "kmsDataKeyReusePeriodSeconds",
            "policy",
            "redriveAllowPolicy",
            "redrivePolicy",
            "sqsManagedSseEnabled",
        }
    )
    volatile = frozenset({"policy", "redriveAllowPolicy", "redrivePolicy"})
    json_inputs = frozenset({"policy"})
    canonical: ClassVar = {"policy": policy_document, "redriveAllowPolicy": json_text, "redrivePolicy": json_text}
    gone = GONE

    def create(self, aws: Aws, inputs: Properties) -> str:
        attributes = {name: text for name, text in _texts(inputs).items() if text not in ("", "false")}
        given = {key: str(value) for key, value in inputs.get("tags", {}).items()}
        response = aws.client("sqs").create_queue(QueueName=inputs["name"], Attributes=attributes, tags=given)
        return str(response["QueueUrl"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        client = aws.client("sqs")
        attributes = client.get_queue_attributes(QueueUrl=resource_id, AttributeNames=["All"])["Attributes"]
        state = {key: _value(key, attributes[name]) for key, name in _ATTRIBUTES.items() if name in attributes}
        arn = attributes["QueueArn"]
        listed = client.list_queue_tags(QueueUrl=resource_id).get("Tags", {})
        unset: Properties = {"contentBasedDeduplication": False, "fifoQueue": False, "policy": "", "redrivePolicy": ""}
        return {**unset, **state, "arn": arn, "name": Arn.parse(arn).resource, "tags": listed, "url": resource_id}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("sqs")
        before, after = _texts(old), _texts(new)
        changed = {name: after.get(name, "") for name in {**before, **after} if before.get(name) != after.get(name)}
        if changed:
            if "Policy" not in changed:
                # moto clears a policy that SetQueueAttributes does not repeat; on AWS the repetition changes nothing.
                current = client.get_queue_attributes(QueueUrl=resource_id, AttributeNames=["Policy"])
                changed |= current.get("Attributes", {})
            client.set_queue_attributes(QueueUrl=resource_id, Attributes=changed)
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_queue(QueueUrl=resource_id, TagKeys=removed)
        if added:
            client.tag_queue(QueueUrl=resource_id, Tags=added)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("sqs").delete_queue(QueueUrl=resource_id)


class QueuePolicy(ResourceType):
    """The policy of a queue; its id is the queue's URL."""

    token = "aws:sqs/queuePolicy:QueuePolicy"
    label = "SQS Queue Policy"
    inputs = frozenset({"policy", "queueUrl"})
    outputs = frozenset()
    required = frozenset({"policy", "queueUrl"})
    replace_on = frozenset({"queueUrl"})
    json_inputs = frozenset({"policy"})
    canonical: ClassVar = {"policy": policy_document}
    gone = GONE

    def create(self, aws: Aws, inputs: Properties) -> str:
        url = str(inputs["queueUrl"])
        aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": inputs["policy"]})
        return url

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        found = aws.client("sqs").get_queue_attributes(QueueUrl=resource_id, AttributeNames=["Policy"])
        policy = found.get("Attributes", {}).get("Policy")
        return {"policy": policy, "queueUrl": resource_id} if policy else None

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        del old
        aws.client("sqs").set_queue_attributes(QueueUrl=resource_id, Attributes={"Policy": new["policy"]})

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("sqs").set_queue_attributes(QueueUrl=resource_id, Attributes={"Policy": ""})

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("queueUrl", "new"))


def _texts(inputs: Properties) -> dict[str, str]:
    return {name: _text(inputs[key]) for key, name in _ATTRIBUTES.items() if inputs.get(key) is not None}


def _text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(key: str, text: str) -> Json:
    if key in _FLAGS:
        return text.lower() == "true"
    return int(text) if key in _NUMBERS else text
