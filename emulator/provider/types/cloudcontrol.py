"""The function that reads resources through the Cloud Control API, in the shape of their CloudFormation types."""

# ruff: noqa: D102, S105 - Function documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from emulator.provider.core.errors import ProviderError, doing, error_code
from emulator.provider.core.invoke import Function
from emulator.provider.core.spelling import pascal, present, rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties

_NOT_SUPPORTED: Final = ("roleArn", "typeVersionId")


class GetResource(Function):
    """aws.cloudcontrol.get_resource, by the name of the resource; clusters and capacity providers also by ARN.

    It calls the services that the Cloud Control API would call, and not that API, which moto does not have. So no call
    shows the permission `cloudformation:GetResource`, which AWS requires as well.
    """

    token = "aws:cloudcontrol/getResource:getResource"
    label = "Cloud Control API Resource"
    named_by = "identifier"

    def run(self, aws: Aws, args: Properties) -> Properties:
        kind, identifier = args["typeName"], args["identifier"]
        for name in _NOT_SUPPORTED:
            if name in args:
                raise ProviderError(f"the sandbox's {self.label} has no argument {name!r}")
        if kind not in TYPES:
            known = ", ".join(sorted(TYPES))
            raise ProviderError(f"the sandbox's {self.label} has no type {kind!r}; it must be one of: {known}")
        primary, read = TYPES[kind]
        label = f"Cloud Control API ({kind}) Resource"
        with doing("reading", label, identifier):
            found = read(aws, identifier)
        if found is None:
            raise ProviderError(f"reading {label} ({identifier}): couldn't find resource")
        return {
            "id": found[primary],
            "identifier": identifier,
            "properties": json.dumps(found, sort_keys=True),
            "region": aws.region,
            "typeName": kind,
        }


def _cluster(aws: Aws, identifier: str) -> Properties | None:
    request = {"clusters": [identifier], "include": ["TAGS", "SETTINGS", "CONFIGURATIONS"]}
    found = aws.client("ecs").describe_clusters(**request)["clusters"]
    cluster = next((cluster for cluster in found if cluster["status"] != "INACTIVE"), None)
    if cluster is None:
        return None
    strategy = cluster.get("defaultCapacityProviderStrategy") or []
    return {
        "Arn": cluster["clusterArn"],
        "CapacityProviders": cluster.get("capacityProviders") or [],
        "ClusterName": cluster["clusterName"],
        "ClusterSettings": pascal(cluster.get("settings") or []),
        "DefaultCapacityProviderStrategy": [pascal({"base": 0, "weight": 0, **item}) for item in strategy],
        "Tags": pascal(cluster.get("tags") or []),
        **present(Configuration=pascal(cluster.get("configuration"))),
    }


def _capacity_provider(aws: Aws, identifier: str) -> Properties | None:
    """Read a capacity provider by its name alone, as the type AWS::ECS::CapacityProvider does."""
    found = aws.client("ecs").describe_capacity_providers(capacityProviders=[identifier])["capacityProviders"]
    if not found:
        return None
    provider = found[0]
    return {
        "Name": provider["name"],
        "Tags": pascal(provider.get("tags") or []),
        **present(
            AutoScalingGroupProvider=pascal(provider.get("autoScalingGroupProvider")),
            ClusterName=provider.get("cluster"),
            ManagedInstancesProvider=pascal(provider.get("managedInstancesProvider")),
        ),
    }


def _schedule_group(aws: Aws, identifier: str) -> Properties | None:
    client = aws.client("scheduler")
    try:
        group = client.get_schedule_group(Name=identifier)
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return None
    return {
        "Arn": group["Arn"],
        "Name": group["Name"],
        "State": group["State"],
        "Tags": client.list_tags_for_resource(ResourceArn=group["Arn"])["Tags"],
        **present(
            CreationDate=rfc3339(group.get("CreationDate")),
            LastModificationDate=rfc3339(group.get("LastModificationDate")),
        ),
    }


TYPES: Final[Mapping[str, tuple[str, Callable[[Aws, str], dict[str, Json] | None]]]] = {
    "AWS::ECS::CapacityProvider": ("Name", _capacity_provider),
    "AWS::ECS::Cluster": ("ClusterName", _cluster),
    "AWS::Scheduler::ScheduleGroup": ("Name", _schedule_group),
}
"""The property that identifies a resource, and the function that reads it, by CloudFormation type."""
