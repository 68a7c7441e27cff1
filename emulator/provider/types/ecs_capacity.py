"""ECS: capacity providers, and those of a cluster."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from emulator.provider.core import tags
from emulator.provider.core.compare import unordered
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties


def _strategy(items: Json) -> Json:
    """Return the canonical form of a strategy: its order does not matter, and base and weight are 0 unless set."""
    return unordered([{"base": 0, "weight": 0, **item} for item in items])


class CapacityProvider(ResourceType):
    """A capacity provider of an Auto Scaling group or of Managed Instances; its id is its ARN."""

    token = "aws:ecs/capacityProvider:CapacityProvider"
    label = "ECS Capacity Provider"
    inputs = frozenset({"autoScalingGroupProvider", "cluster", "managedInstancesProvider", "name", "tags"})
    outputs = frozenset({"arn"})
    replace_on = frozenset({"cluster", "managedInstancesProvider", "name"})
    auto_name = AutoName(255)
    computed = frozenset(
        f"autoScalingGroupProvider.{name}"
        for name in ("managedDraining", "managedScaling", "managedTerminationProtection")
    )
    gone = frozenset({"InvalidParameterException"})  # of DeleteCapacityProvider

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(
            name=inputs["name"],
            cluster=inputs.get("cluster"),
            autoScalingGroupProvider=inputs.get("autoScalingGroupProvider"),
            managedInstancesProvider=inputs.get("managedInstancesProvider"),
            tags=tags.to_list(inputs.get("tags"), "key", "value"),
        )
        return str(aws.client("ecs").create_capacity_provider(**request)["capacityProvider"]["capacityProviderArn"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        found = aws.client("ecs").describe_capacity_providers(capacityProviders=[resource_id], include=["TAGS"])
        provider = next(iter(found["capacityProviders"]), None)
        if provider is None:
            return None
        return {
            "arn": provider["capacityProviderArn"],
            "id": provider["capacityProviderArn"],
            "name": provider["name"],
            "tags": tags.from_list(provider.get("tags"), "key", "value"),
            **present(
                autoScalingGroupProvider=provider.get("autoScalingGroupProvider"),
                cluster=provider.get("cluster"),
                managedInstancesProvider=provider.get("managedInstancesProvider"),
            ),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("ecs")
        group = new.get("autoScalingGroupProvider") or {}
        if group != old.get("autoScalingGroupProvider"):
            settings = {name: value for name, value in group.items() if name != "autoScalingGroupArn"}
            client.update_capacity_provider(name=new["name"], autoScalingGroupProvider=settings)
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_resource(resourceArn=resource_id, tagKeys=removed)
        if added:
            client.tag_resource(resourceArn=resource_id, tags=tags.to_list(added, "key", "value"))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        aws.client("ecs").delete_capacity_provider(
            **present(capacityProvider=resource_id, cluster=state.get("cluster"))
        )


class ClusterCapacityProviders(ResourceType):
    """The capacity providers of an ECS cluster, and its default strategy; its id is the cluster's name.

    A cluster always has a list of them, so a deletion empties the list.
    """

    token = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
    label = "ECS Cluster Capacity Providers"
    inputs = frozenset({"capacityProviders", "clusterName", "defaultCapacityProviderStrategies"})
    outputs = frozenset()
    required = frozenset({"clusterName"})
    replace_on = frozenset({"clusterName"})
    canonical: ClassVar = {"capacityProviders": unordered, "defaultCapacityProviderStrategies": _strategy}
    gone = frozenset({"ClusterNotFoundException"})

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("clusterName", "new"))

    def create(self, aws: Aws, inputs: Properties) -> str:
        self._put(aws, inputs["clusterName"], inputs)
        return str(inputs["clusterName"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        found = aws.client("ecs").describe_clusters(clusters=[resource_id])["clusters"]
        cluster = next((cluster for cluster in found if cluster["status"] != "INACTIVE"), None)
        if cluster is None:
            return None
        lists: Properties = {
            "capacityProviders": cluster.get("capacityProviders"),
            "defaultCapacityProviderStrategies": cluster.get("defaultCapacityProviderStrategy"),
        }
        return {
            **{key: value for key, value in lists.items() if value},
            "clusterName": cluster["clusterName"],
            "id": cluster["clusterName"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        del old
        self._put(aws, resource_id, new)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        self._put(aws, resource_id, {})

    @staticmethod
    def _put(aws: Aws, cluster: str, inputs: Properties) -> None:
        aws.client("ecs").put_cluster_capacity_providers(
            cluster=cluster,
            capacityProviders=inputs.get("capacityProviders", []),
            defaultCapacityProviderStrategy=inputs.get("defaultCapacityProviderStrategies", []),
        )
