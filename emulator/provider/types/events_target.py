"""EventBridge: targets of rules."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from emulator.provider.core import tags
from emulator.provider.core.compare import json_text, unordered
from emulator.provider.core.errors import ProviderError
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import camel, pascal, present
from emulator.provider.types.events import DEFAULT_BUS, targets_of
from emulator.provider.types.scheduler import ecs_request, ecs_state

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties


class EventTarget(ResourceType):
    """A target of a rule; its id is `<rule>-<target id>`, with the prefix `<bus>-` unless the bus is the default one.

    It is imported as `<rule>/<target id>` or `<bus>/<rule>/<target id>`.
    """

    token = "aws:cloudwatch/eventTarget:EventTarget"
    label = "EventBridge Target"
    inputs = frozenset(
        {
            "arn",
            "deadLetterConfig",
            "ecsTarget",
            "eventBusName",
            "forceDestroy",
            "input",
            "inputPath",
            "inputTransformer",
            "retryPolicy",
            "roleArn",
            "rule",
            "sqsTarget",
            "targetId",
        }
    )
    outputs = frozenset()
    required = frozenset({"arn", "rule"})
    replace_on = frozenset({"eventBusName", "rule", "targetId"})
    defaults: ClassVar = {
        "eventBusName": DEFAULT_BUS,
        "forceDestroy": False,
        "ecsTarget.taskCount": 1,
        "ecsTarget.enableEcsManagedTags": False,
        "ecsTarget.enableExecuteCommand": False,
        "ecsTarget.networkConfiguration.assignPublicIp": False,
    }
    ambient: ClassVar = {"retryPolicy": {"maximumEventAgeInSeconds": 86400, "maximumRetryAttempts": 185}}
    computed = frozenset({"targetId"})
    write_only = frozenset({"forceDestroy"})
    canonical: ClassVar = {
        "input": json_text,
        "ecsTarget.capacityProviderStrategies": unordered,
        "ecsTarget.networkConfiguration.securityGroups": unordered,
        "ecsTarget.networkConfiguration.subnets": unordered,
        "ecsTarget.placementConstraints": unordered,
    }

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        exclusive = [key for key in ("input", "inputPath", "inputTransformer") if key in inputs]
        return [(key, f"conflicts with {exclusive[0]!r}") for key in exclusive[1:]]

    def create(self, aws: Aws, inputs: Properties) -> str:
        target_id = inputs.get("targetId") or _unique_id()
        bus, rule = str(inputs.get("eventBusName", DEFAULT_BUS)), str(inputs["rule"])
        _put_target(aws, bus, rule, {**inputs, "targetId": target_id})
        return f"{bus}/{rule}/{target_id}"  # the form of an import; the first read returns the final id

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        bus, rule, target_id = _target_key(resource_id, known)
        found = [target for target in targets_of(aws.client("events"), bus, rule) if target["Id"] == target_id]
        if not found:
            return None
        return {
            "id": _target_resource_id(bus, rule, target_id),
            "eventBusName": bus,
            "rule": rule,
            **_target_state(found[0]),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        bus, rule, target_id = _target_key(resource_id, {**old, **new})
        _put_target(aws, bus, rule, {**new, "targetId": target_id})

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        bus, rule, target_id = _target_key(resource_id, state)
        request = {"Rule": rule, "EventBusName": bus, "Ids": [target_id], "Force": bool(state.get("forceDestroy"))}
        response = aws.client("events").remove_targets(**request)
        _refuse_failures(response, "deleting", resource_id)

    def name_of(self, inputs: Properties) -> str:
        return f"{inputs.get('rule')}-{inputs.get('targetId', 'new')}"


def _put_target(aws: Aws, bus: str, rule: str, inputs: Properties) -> None:
    transformer = inputs.get("inputTransformer") or {}
    target = present(
        Id=inputs["targetId"],
        Arn=inputs["arn"],
        RoleArn=inputs.get("roleArn"),
        Input=inputs.get("input"),
        InputPath=inputs.get("inputPath"),
        InputTransformer=present(
            InputPathsMap=transformer.get("inputPaths"), InputTemplate=transformer.get("inputTemplate")
        ),
        DeadLetterConfig=pascal(inputs.get("deadLetterConfig")),
        RetryPolicy=pascal(inputs.get("retryPolicy")),
        SqsParameters=pascal(inputs.get("sqsTarget")),
        EcsParameters=_ecs_request(inputs.get("ecsTarget")),
    )
    response = aws.client("events").put_targets(Rule=rule, EventBusName=bus, Targets=[target])
    _refuse_failures(response, "creating", _target_resource_id(bus, rule, inputs["targetId"]))


def _target_state(target: dict[str, Json]) -> Properties:
    transformer = target.get("InputTransformer") or {}
    ecs = target.get("EcsParameters")
    return {
        "arn": target["Arn"],
        "deadLetterConfig": camel(target.get("DeadLetterConfig")),
        "ecsTarget": ecs_state(ecs, "orderedPlacementStrategies", tags.from_list) if ecs else None,
        "input": target.get("Input"),
        "inputPath": target.get("InputPath"),
        "inputTransformer": present(
            inputPaths=transformer.get("InputPathsMap"), inputTemplate=transformer.get("InputTemplate")
        )
        or None,
        "retryPolicy": camel(target.get("RetryPolicy")),
        "roleArn": target.get("RoleArn"),
        "sqsTarget": camel(target.get("SqsParameters")),
        "targetId": target["Id"],
    }


def _ecs_request(parameters: Properties | None) -> dict[str, Json] | None:
    return ecs_request(parameters, "orderedPlacementStrategies", tags.to_list) if parameters else None


def _target_key(resource_id: str, known: Properties) -> tuple[str, str, str]:
    if known.get("rule") and known.get("targetId"):
        return str(known.get("eventBusName", DEFAULT_BUS)), str(known["rule"]), str(known["targetId"])
    *bus, rule, target_id = resource_id.rsplit("/", 2) if "/" in resource_id else ("", "")
    if not rule:
        raise ProviderError(
            f"importing EventBridge Target ({resource_id}): expected <rule>/<target id> or <bus>/<rule>/<target id>"
        )
    return (bus[0] if bus else DEFAULT_BUS), rule, target_id


def _target_resource_id(bus: str, rule: str, target_id: str) -> str:
    return f"{rule}-{target_id}" if bus == DEFAULT_BUS else f"{bus}-{rule}-{target_id}"


def _unique_id() -> str:
    return f"terraform-{datetime.now(UTC):%Y%m%d%H%M%S}{secrets.token_hex(6)}"


def _refuse_failures(response: dict[str, Json], verb: str, name: str) -> None:
    failed = response.get("FailedEntries") or []
    if failed:
        reasons = "; ".join(f"{entry['ErrorCode']}: {entry['ErrorMessage']}" for entry in failed)
        raise ProviderError(f"{verb} EventBridge Target ({name}): {reasons}")
