"""EventBridge Scheduler: schedule groups and schedules."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from emulator.provider.core import tags
from emulator.provider.core.compare import json_text, unordered
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import camel, instant, network_request, network_state, pascal, present, rfc3339

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties

DEFAULT_GROUP: Final = "default"


class ScheduleGroup(ResourceType):
    """A schedule group. Deleting it deletes the schedules in it."""

    token = "aws:scheduler/scheduleGroup:ScheduleGroup"
    label = "EventBridge Scheduler Schedule Group"
    inputs = frozenset({"name", "tags"})
    outputs = frozenset({"arn", "creationDate", "lastModificationDate", "state"})
    auto_name = AutoName(64)

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(Name=inputs["name"], Tags=tags.to_list(inputs.get("tags")))
        aws.client("scheduler").create_schedule_group(**request)
        return str(inputs["name"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        client = aws.client("scheduler")
        group = client.get_schedule_group(Name=resource_id)
        listed = client.list_tags_for_resource(ResourceArn=group["Arn"])
        return {
            "arn": group["Arn"],
            "creationDate": rfc3339(group.get("CreationDate")),
            "lastModificationDate": rfc3339(group.get("LastModificationDate")),
            "name": group["Name"],
            "state": group["State"],
            "tags": tags.from_list(listed["Tags"]),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("scheduler")
        arn = old.get("arn") or client.get_schedule_group(Name=resource_id)["Arn"]
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_resource(ResourceArn=arn, TagKeys=removed)
        if added:
            client.tag_resource(ResourceArn=arn, Tags=tags.to_list(added))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        client = aws.client("scheduler")
        client.get_schedule_group(Name=resource_id)  # moto's deletion of a missing group raises no AWS error
        client.delete_schedule_group(Name=resource_id)


class Schedule(ResourceType):
    """A schedule. Its target's `input` is compared as JSON."""

    token = "aws:scheduler/schedule:Schedule"
    label = "EventBridge Scheduler Schedule"
    inputs = frozenset(
        {
            "actionAfterCompletion",
            "description",
            "endDate",
            "flexibleTimeWindow",
            "groupName",
            "kmsKeyArn",
            "name",
            "scheduleExpression",
            "scheduleExpressionTimezone",
            "startDate",
            "state",
            "target",
        }
    )
    outputs = frozenset({"arn"})
    required = frozenset({"flexibleTimeWindow", "scheduleExpression", "target"})
    replace_on = frozenset({"groupName"})
    auto_name = AutoName(64)
    computed = frozenset({"actionAfterCompletion", "groupName"})
    defaults: ClassVar = {
        "scheduleExpressionTimezone": "UTC",
        "state": "ENABLED",
        "target.retryPolicy.maximumEventAgeInSeconds": 86400,
        "target.retryPolicy.maximumRetryAttempts": 185,
        "target.ecsParameters.taskCount": 1,
        "target.ecsParameters.networkConfiguration.assignPublicIp": False,
    }
    ambient: ClassVar = {"target.retryPolicy": {"maximumEventAgeInSeconds": 86400, "maximumRetryAttempts": 185}}
    canonical: ClassVar = {
        "startDate": instant,
        "endDate": instant,
        "target.input": json_text,
        "target.ecsParameters.capacityProviderStrategies": unordered,
        "target.ecsParameters.networkConfiguration.securityGroups": unordered,
        "target.ecsParameters.networkConfiguration.subnets": unordered,
        "target.ecsParameters.placementConstraints": unordered,
        "target.ecsParameters.placementStrategies": unordered,
    }

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws.client("scheduler").create_schedule(**_schedule_request(inputs))
        return f"{inputs.get('groupName', DEFAULT_GROUP)}/{inputs['name']}"

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        group, _, name = resource_id.rpartition("/")
        found = aws.client("scheduler").get_schedule(GroupName=group or DEFAULT_GROUP, Name=name)
        return {
            "actionAfterCompletion": found.get("ActionAfterCompletion") or "NONE",
            "arn": found["Arn"],
            "description": found.get("Description") or "",
            "endDate": rfc3339(found.get("EndDate")),
            "flexibleTimeWindow": camel(found["FlexibleTimeWindow"]),
            "groupName": found["GroupName"],
            "id": f"{found['GroupName']}/{found['Name']}",
            "kmsKeyArn": found.get("KmsKeyArn"),
            "name": found["Name"],
            "scheduleExpression": found["ScheduleExpression"],
            "scheduleExpressionTimezone": found.get("ScheduleExpressionTimezone", "UTC"),
            "startDate": rfc3339(found.get("StartDate")),
            "state": found["State"],
            "target": _target_state(found["Target"]),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        del old
        group = resource_id.rpartition("/")[0]
        # UpdateSchedule resets absent members, so the request is the same as for a creation.
        aws.client("scheduler").update_schedule(**{**_schedule_request(new), "GroupName": group})

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        group, _, name = resource_id.rpartition("/")
        aws.client("scheduler").delete_schedule(GroupName=group, Name=name)


def _schedule_request(inputs: Properties) -> dict[str, Json]:
    return present(
        ActionAfterCompletion=inputs.get("actionAfterCompletion"),
        Description=inputs.get("description"),
        EndDate=_moment(inputs.get("endDate")),
        FlexibleTimeWindow=pascal(inputs["flexibleTimeWindow"]),
        GroupName=inputs.get("groupName"),
        KmsKeyArn=inputs.get("kmsKeyArn"),
        Name=inputs["name"],
        ScheduleExpression=inputs["scheduleExpression"],
        ScheduleExpressionTimezone=inputs.get("scheduleExpressionTimezone"),
        StartDate=_moment(inputs.get("startDate")),
        State=inputs.get("state"),
        Target=_target_request(inputs["target"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _target_request(target: Properties) -> dict[str, Json]:
    request: dict[str, Json] = pascal({key: value for key, value in target.items() if key != "ecsParameters"})
    if "ecsParameters" in target:
        request["EcsParameters"] = ecs_request(target["ecsParameters"], "placementStrategies", _map_tags)
    sagemaker = request.get("SagemakerPipelineParameters")
    if sagemaker:
        request["SageMakerPipelineParameters"] = {"PipelineParameterList": sagemaker.get("PipelineParameters", [])}
        del request["SagemakerPipelineParameters"]
    if "EventbridgeParameters" in request:
        request["EventBridgeParameters"] = request.pop("EventbridgeParameters")
    return request


def _target_state(target: dict[str, Json]) -> Properties:
    state: Properties = camel({key: value for key, value in target.items() if key != "EcsParameters"})
    if "EcsParameters" in target:
        state["ecsParameters"] = ecs_state(target["EcsParameters"], "placementStrategies", _merged_tags)
    sagemaker = state.pop("sageMakerPipelineParameters", None)
    if sagemaker:
        state["sagemakerPipelineParameters"] = {"pipelineParameters": sagemaker.get("pipelineParameterList", [])}
    if "eventBridgeParameters" in state:
        state["eventbridgeParameters"] = state.pop("eventBridgeParameters")
    return state


def ecs_request(parameters: Properties, strategies: str, to_tags: Json) -> dict[str, Json]:
    """Return AWS's EcsParameters; `strategies` is pulumi-aws's name for placement strategies, `to_tags` maps tags."""
    plain = {"capacityProviderStrategies", "networkConfiguration", "placementConstraints", strategies, "tags"}
    return present(
        **pascal(
            {key: value for key, value in parameters.items() if key not in plain and key != "enableEcsManagedTags"}
        ),
        EnableECSManagedTags=parameters.get("enableEcsManagedTags"),
        CapacityProviderStrategy=parameters.get("capacityProviderStrategies"),
        NetworkConfiguration=network_request(parameters.get("networkConfiguration"), pascal),
        PlacementConstraints=parameters.get("placementConstraints"),
        PlacementStrategy=parameters.get(strategies),
        Tags=to_tags(parameters.get("tags")),
    )


def ecs_state(response: dict[str, Json], strategies: str, from_tags: Json) -> Properties:
    """Return pulumi-aws's form of AWS's EcsParameters, the reverse of `ecs_request`."""
    renamed = {"CapacityProviderStrategy", "NetworkConfiguration", "PlacementStrategy", "Tags", "EnableECSManagedTags"}
    return present(
        **camel({key: value for key, value in response.items() if key not in renamed}),
        enableEcsManagedTags=response.get("EnableECSManagedTags"),
        capacityProviderStrategies=response.get("CapacityProviderStrategy"),
        networkConfiguration=network_state(response.get("NetworkConfiguration")),
        tags=from_tags(response.get("Tags")),
        **{strategies: response.get("PlacementStrategy")},
    )


def _map_tags(given: dict[str, str] | None) -> list[dict[str, str]]:
    return [{key: value} for key, value in sorted((given or {}).items())]


def _merged_tags(listed: list[dict[str, str]] | None) -> dict[str, str]:
    return {key: value for item in listed or [] for key, value in item.items()}
