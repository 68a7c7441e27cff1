"""ECS: clusters and services."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from emulator.provider.core import tags
from emulator.provider.core.compare import last_segment, unordered
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import network_request, network_state, present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Json, Properties

_PLAIN_SERVICE_INPUTS: Final = frozenset(
    {
        "deploymentCircuitBreaker",
        "deploymentController",
        "enableEcsManagedTags",
        "enableExecuteCommand",
        "healthCheckGracePeriodSeconds",
        "launchType",
        "loadBalancers",
        "placementConstraints",
        "platformVersion",
        "propagateTags",
        "schedulingStrategy",
        "serviceRegistries",
    }
)
_SERVICE_MEMBERS: Final = {
    "capacityProviderStrategies": "capacityProviderStrategy",
    "enableEcsManagedTags": "enableECSManagedTags",
    "orderedPlacementStrategies": "placementStrategy",
}


class Cluster(ResourceType):
    """An ECS cluster; its id is its ARN. It is imported by its name."""

    token = "aws:ecs/cluster:Cluster"
    label = "ECS Cluster"
    inputs = frozenset({"configuration", "name", "serviceConnectDefaults", "settings", "tags"})
    outputs = frozenset({"arn"})
    auto_name = AutoName(255)
    computed = frozenset({"settings"})
    canonical: ClassVar = {"settings": unordered}
    gone = frozenset({"ClusterNotFoundException"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(
            clusterName=inputs["name"],
            configuration=inputs.get("configuration"),
            serviceConnectDefaults=inputs.get("serviceConnectDefaults"),
            settings=inputs.get("settings"),
            tags=tags.to_list(inputs.get("tags"), "key", "value"),
        )
        return str(aws.client("ecs").create_cluster(**request)["cluster"]["clusterArn"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        found = aws.client("ecs").describe_clusters(
            clusters=[resource_id], include=["TAGS", "SETTINGS", "CONFIGURATIONS"]
        )
        cluster = next((cluster for cluster in found["clusters"] if cluster["status"] != "INACTIVE"), None)
        if cluster is None:
            return None
        return {
            "arn": cluster["clusterArn"],
            "configuration": cluster.get("configuration"),
            "id": cluster["clusterArn"],
            "name": cluster["clusterName"],
            "serviceConnectDefaults": cluster.get("serviceConnectDefaults"),
            "settings": cluster.get("settings") or [{"name": "containerInsights", "value": "disabled"}],
            "tags": tags.from_list(cluster.get("tags"), "key", "value"),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("ecs")
        keys = ("configuration", "serviceConnectDefaults", "settings")
        if any(old.get(key) != new.get(key) for key in keys):
            client.update_cluster(cluster=resource_id, **{key: new[key] for key in keys if key in new})
        match_tags(client, resource_id, old, new)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("ecs").delete_cluster(cluster=resource_id)


class Service(ResourceType):
    """An ECS service; its id is its ARN. It is imported as `<cluster>/<service>`. No call waits for its tasks."""

    token = "aws:ecs/service:Service"
    label = "ECS Service"
    inputs = _PLAIN_SERVICE_INPUTS | {
        "capacityProviderStrategies",
        "cluster",
        "deploymentMaximumPercent",
        "deploymentMinimumHealthyPercent",
        "desiredCount",
        "forceDelete",
        "forceNewDeployment",
        "name",
        "networkConfiguration",
        "orderedPlacementStrategies",
        "tags",
        "taskDefinition",
        "triggers",
        "waitForSteadyState",
    }
    outputs = frozenset({"arn"})
    replace_on = frozenset({"cluster", "deploymentController", "launchType", "schedulingStrategy"})
    auto_name = AutoName(255)
    defaults: ClassVar = {
        "deploymentMaximumPercent": 200,
        "deploymentMinimumHealthyPercent": 100,
        "enableEcsManagedTags": False,
        "enableExecuteCommand": False,
        "schedulingStrategy": "REPLICA",
        "waitForSteadyState": False,
        "networkConfiguration.assignPublicIp": False,
    }
    ambient: ClassVar = {"deploymentController": {"type": "ECS"}, "propagateTags": "NONE"}
    computed = frozenset({"cluster", "launchType", "platformVersion", "triggers"})
    write_only = frozenset({"forceDelete", "forceNewDeployment", "triggers", "waitForSteadyState"})
    canonical: ClassVar = {
        "capacityProviderStrategies": unordered,
        "cluster": last_segment,
        "networkConfiguration.securityGroups": unordered,
        "networkConfiguration.subnets": unordered,
        "taskDefinition": last_segment,
    }
    gone = frozenset({"ClusterNotFoundException", "ServiceNotFoundException"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = {
            "serviceName": inputs["name"],
            "tags": tags.to_list(inputs.get("tags"), "key", "value"),
            "desiredCount": inputs.get("desiredCount", 0),
            **_service_request(inputs, _PLAIN_SERVICE_INPUTS),
        }
        return str(aws.client("ecs").create_service(**request)["service"]["serviceArn"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        cluster, name = known.get("cluster"), resource_id
        if not cluster:
            cluster, name = resource_id.split("/")[-2:] if "/" in resource_id else ("default", resource_id)
        found = aws.client("ecs").describe_services(cluster=cluster, services=[name], include=["TAGS"])["services"]
        service = next((service for service in found if service["status"] != "INACTIVE"), None)
        return _service_state(service, known) if service else None

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("ecs")
        fixed = {"deploymentController", "launchType", "schedulingStrategy"}
        updatable = _service_request(new, _PLAIN_SERVICE_INPUTS - fixed)
        if _service_request(old, _PLAIN_SERVICE_INPUTS - fixed) != updatable or _count(old) != _count(new):
            forced = present(forceNewDeployment=new.get("forceNewDeployment"))
            client.update_service(**updatable, **forced, service=resource_id, desiredCount=_count(new))
        match_tags(client, resource_id, old, new)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        client, cluster = aws.client("ecs"), state.get("cluster", "default")
        force = bool(state.get("forceDelete"))
        if state.get("schedulingStrategy") != "DAEMON" and state.get("desiredCount") and not force:
            client.update_service(cluster=cluster, service=resource_id, desiredCount=0)
        client.delete_service(cluster=cluster, service=resource_id, force=force)


def match_tags(client: Client, arn: str, old: Properties, new: Properties) -> None:
    """Change the tags of the ECS resource `arn` from those of the inputs `old` to those of `new`."""
    added, removed = tags.difference(old, new)
    if removed:
        client.untag_resource(resourceArn=arn, tagKeys=removed)
    if added:
        client.tag_resource(resourceArn=arn, tags=tags.to_list(added, "key", "value"))


def _count(inputs: Properties) -> int:
    return int(inputs.get("desiredCount", 0))


def _service_request(inputs: Properties, plain: frozenset[str]) -> dict[str, Json]:
    members = {key: inputs.get(key) for key in plain | {"capacityProviderStrategies", "orderedPlacementStrategies"}}
    renamed = {_SERVICE_MEMBERS.get(key, key): value for key, value in members.items()}
    deployment = present(
        maximumPercent=inputs.get("deploymentMaximumPercent"),
        minimumHealthyPercent=inputs.get("deploymentMinimumHealthyPercent"),
        deploymentCircuitBreaker=renamed.pop("deploymentCircuitBreaker", None),
    )
    registry = renamed.get("serviceRegistries")
    if registry:
        renamed["serviceRegistries"] = [registry]
    return present(
        **renamed,
        cluster=inputs.get("cluster"),
        deploymentConfiguration=deployment,
        networkConfiguration=network_request(inputs.get("networkConfiguration"), dict),
        taskDefinition=inputs.get("taskDefinition"),
    )


def _service_state(service: dict[str, Json], known: Properties) -> Properties:
    deployment = service.get("deploymentConfiguration") or {}
    reported: Properties = {
        "capacityProviderStrategies": service.get("capacityProviderStrategy"),
        "deploymentCircuitBreaker": deployment.get("deploymentCircuitBreaker"),
        "deploymentMaximumPercent": deployment.get("maximumPercent"),
        "deploymentMinimumHealthyPercent": deployment.get("minimumHealthyPercent"),
        "enableEcsManagedTags": service.get("enableECSManagedTags"),
        "networkConfiguration": network_state(service.get("networkConfiguration")),
        "orderedPlacementStrategies": service.get("placementStrategy"),
        "platformVersion": service.get("platformVersion"),
        **{
            key: service.get(key)
            for key in _PLAIN_SERVICE_INPUTS - {"deploymentCircuitBreaker", "enableEcsManagedTags", "platformVersion"}
        },
    }
    registries = service.get("serviceRegistries")
    reported["serviceRegistries"] = registries[0] if registries else None
    # AWS reports all of these; a value that moto does not report is assumed to be as it was set.
    settings = {key: known.get(key) if value is None else value for key, value in reported.items()}
    return {
        **{key: value for key, value in settings.items() if value is not None},
        "arn": service["serviceArn"],
        "cluster": service["clusterArn"],
        "desiredCount": service["desiredCount"],
        "id": service["serviceArn"],
        "name": service["serviceName"],
        "tags": tags.from_list(service.get("tags"), "key", "value"),
        "taskDefinition": service.get("taskDefinition"),
    }
