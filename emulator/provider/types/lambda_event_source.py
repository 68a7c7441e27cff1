"""Lambda: event source mappings, which invoke a function with the messages of a queue."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from emulator.provider.core import tags
from emulator.provider.core.compare import unordered
from emulator.provider.core.properties import is_unknown
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import camel, pascal, present, rfc3339
from emulator.provider.types.lambda_permission import function_name

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties

_CHANGEABLE: Final[dict[str, Json]] = {
    "batchSize": 10,
    "enabled": True,
    "functionName": None,
    "functionResponseTypes": [],
    "maximumBatchingWindowInSeconds": 0,
    "scalingConfig": {},
}
"""The inputs that can change in place, with AWS's values for unset; AWS leaves an absent member unchanged."""


class EventSourceMapping(ResourceType):
    """A mapping from a queue to a function; its id is a UUID."""

    token = "aws:lambda/eventSourceMapping:EventSourceMapping"
    label = "Lambda Event Source Mapping"
    inputs = frozenset(_CHANGEABLE) | {"eventSourceArn", "tags"}
    outputs = frozenset(
        {"arn", "functionArn", "lastModified", "lastProcessingResult", "state", "stateTransitionReason", "uuid"}
    )
    required = frozenset({"eventSourceArn", "functionName"})
    replace_on = frozenset({"eventSourceArn"})
    defaults: ClassVar = {"enabled": True}
    ambient: ClassVar = {"batchSize": _CHANGEABLE["batchSize"]}
    canonical: ClassVar = {"functionName": function_name, "functionResponseTypes": unordered}

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        source = inputs.get("eventSourceArn", "")
        if is_unknown(source) or ":sqs:" in source:
            return []
        return [("eventSourceArn", f"must be the ARN of an SQS queue, not {source!r}; the sandbox polls only queues")]

    def create(self, aws: Aws, inputs: Properties) -> str:
        settings = {key: inputs[key] for key in _CHANGEABLE if key in inputs}
        request = present(**pascal(settings), EventSourceArn=inputs["eventSourceArn"], Tags=inputs.get("tags"))
        return str(aws.client("lambda").create_event_source_mapping(**request)["UUID"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        client = aws.client("lambda")
        found = client.get_event_source_mapping(UUID=resource_id)
        return {
            "arn": found["EventSourceMappingArn"],
            "batchSize": found["BatchSize"],
            "enabled": found["State"] in {"Creating", "Enabled", "Enabling"},
            "eventSourceArn": found["EventSourceArn"],
            "functionArn": found["FunctionArn"],
            "functionName": found["FunctionArn"],
            "functionResponseTypes": found.get("FunctionResponseTypes", []),
            "lastModified": rfc3339(found["LastModified"]),
            "lastProcessingResult": found.get("LastProcessingResult", ""),
            "maximumBatchingWindowInSeconds": found.get("MaximumBatchingWindowInSeconds", 0),
            "scalingConfig": camel(found.get("ScalingConfig")),
            "state": found["State"],
            "stateTransitionReason": found.get("StateTransitionReason", ""),
            "tags": client.list_tags(Resource=found["EventSourceMappingArn"])["Tags"],
            "uuid": found["UUID"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("lambda")
        changed = {key: new.get(key, unset) for key, unset in _CHANGEABLE.items() if old.get(key) != new.get(key)}
        if changed:
            client.update_event_source_mapping(UUID=resource_id, **pascal(changed))
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_resource(Resource=old["arn"], TagKeys=removed)
        if added:
            client.tag_resource(Resource=old["arn"], Tags=added)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        client = aws.client("lambda")
        client.get_event_source_mapping(UUID=resource_id)  # moto's deletion of a missing mapping raises no AWS error
        client.delete_event_source_mapping(UUID=resource_id)

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("eventSourceArn", "new"))
