"""Functions that read ECS clusters, services and task definitions which other stacks deployed."""

# ruff: noqa: D102, S105 - Function documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from emulator.provider.core import tags
from emulator.provider.core.errors import ProviderError, error_code
from emulator.provider.core.invoke import Function
from emulator.provider.core.spelling import network_state, rfc3339

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties


class GetCluster(Function):
    """aws.ecs.get_cluster, by name or ARN."""

    token = "aws:ecs/getCluster:getCluster"
    label = "ECS Cluster"
    named_by = "clusterName"

    def run(self, aws: Aws, args: Properties) -> Properties:
        name = args["clusterName"]
        found = aws.client("ecs").describe_clusters(clusters=[name], include=["TAGS", "SETTINGS", "CONFIGURATIONS"])
        cluster = next(iter(found["clusters"]), None)
        if cluster is None:
            raise _missing(self.label, name)
        if cluster["status"] == "INACTIVE":
            # All that the real provider says of a deleted cluster, which ECS goes on describing for a while.
            raise ProviderError(f"reading {self.label} ({name}): INACTIVE")
        connect = cluster.get("serviceConnectDefaults")
        return {
            "arn": cluster["clusterArn"],
            "clusterName": cluster["clusterName"],
            "id": cluster["clusterArn"],
            "pendingTasksCount": cluster.get("pendingTasksCount", 0),
            "region": aws.region,
            "registeredContainerInstancesCount": cluster.get("registeredContainerInstancesCount", 0),
            "runningTasksCount": cluster.get("runningTasksCount", 0),
            "serviceConnectDefaults": [connect] if connect else [],
            "settings": cluster.get("settings") or [{"name": "containerInsights", "value": "disabled"}],
            "status": cluster["status"],
            "tags": tags.from_list(cluster.get("tags"), "key", "value"),
        }


class GetService(Function):
    """aws.ecs.get_service, by cluster ARN and service name."""

    token = "aws:ecs/getService:getService"
    label = "ECS Service"
    named_by = "serviceName"

    def run(self, aws: Aws, args: Properties) -> Properties:
        name = args["serviceName"]
        try:
            request = {"cluster": args["clusterArn"], "services": [name], "include": ["TAGS"]}
            found = aws.client("ecs").describe_services(**request)["services"]
        except ClientError as error:
            if error_code(error) == "ClusterNotFoundException":
                raise _missing(self.label, name) from error
            raise
        service = next((service for service in found if service["status"] != "INACTIVE"), None)
        if service is None:
            raise _missing(self.label, name)
        return _service(service, aws.region)


class GetTaskDefinition(Function):
    """aws.ecs.get_task_definition, by family, family:revision or ARN; the containers are JSON text."""

    token = "aws:ecs/getTaskDefinition:getTaskDefinition"
    label = "ECS Task Definition"
    named_by = "taskDefinition"

    def run(self, aws: Aws, args: Properties) -> Properties:
        name = args["taskDefinition"]
        definition = aws.client("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"]
        if definition["status"] == "INACTIVE":
            raise _missing(self.label, name)
        arn = definition["taskDefinitionArn"]
        storage = definition.get("ephemeralStorage")
        platform = definition.get("runtimePlatform")
        return {
            "arn": arn,
            "arnWithoutRevision": arn.rpartition(":")[0],
            "containerDefinitions": json.dumps(definition["containerDefinitions"], sort_keys=True),
            "cpu": definition.get("cpu", ""),
            "enableFaultInjection": bool(definition.get("enableFaultInjection")),
            "ephemeralStorages": [{"sizeInGib": storage["sizeInGiB"]}] if storage else [],
            "executionRoleArn": definition.get("executionRoleArn", ""),
            "family": definition["family"],
            "id": arn,
            "ipcMode": definition.get("ipcMode", ""),
            "memory": definition.get("memory", ""),
            "networkMode": definition.get("networkMode", ""),
            "pidMode": definition.get("pidMode", ""),
            "placementConstraints": definition.get("placementConstraints", []),
            "proxyConfigurations": _proxies(definition.get("proxyConfiguration")),
            "region": aws.region,
            "requiresCompatibilities": definition.get("requiresCompatibilities", []),
            "revision": definition["revision"],
            "runtimePlatforms": [{"cpuArchitecture": "", "operatingSystemFamily": "", **platform}] if platform else [],
            "status": definition["status"],
            "taskDefinition": name,
            "taskRoleArn": definition.get("taskRoleArn", ""),
            "volumes": [_volume(volume) for volume in definition.get("volumes", [])],
        }


def _missing(label: str, name: str) -> ProviderError:
    return ProviderError(f"reading {label} ({name}): couldn't find resource")


def _service(service: dict[str, Json], region: str) -> Properties:
    network = network_state(service.get("networkConfiguration"))
    controller = service.get("deploymentController") or {"type": "ECS"}
    return {
        "arn": service["serviceArn"],
        "availabilityZoneRebalancing": service.get("availabilityZoneRebalancing", "DISABLED"),
        "capacityProviderStrategies": [
            {"base": 0, "weight": 0, **item} for item in service.get("capacityProviderStrategy") or []
        ],
        "clusterArn": service["clusterArn"],
        "createdAt": rfc3339(service.get("createdAt")) or "",
        "createdBy": service.get("createdBy", ""),
        "deploymentConfigurations": [_deployment_configuration(service.get("deploymentConfiguration") or {})],
        "deploymentControllers": [controller],
        "deployments": [_deployment(item) for item in service.get("deployments", [])],
        "desiredCount": service["desiredCount"],
        "enableEcsManagedTags": bool(service.get("enableECSManagedTags")),
        "enableExecuteCommand": bool(service.get("enableExecuteCommand")),
        "events": [{**item, "createdAt": rfc3339(item.get("createdAt"))} for item in service.get("events", [])],
        "healthCheckGracePeriodSeconds": service.get("healthCheckGracePeriodSeconds", 0),
        "iamRole": service.get("roleArn", ""),
        "id": service["serviceArn"],
        "launchType": service.get("launchType", ""),
        "loadBalancers": [_load_balancer(item) for item in service.get("loadBalancers", [])],
        "networkConfigurations": [{"securityGroups": [], **network}] if network else [],
        "orderedPlacementStrategies": [{"field": "", **item} for item in service.get("placementStrategy") or []],
        "pendingCount": service.get("pendingCount", 0),
        "placementConstraints": [{"expression": "", **item} for item in service.get("placementConstraints") or []],
        "platformFamily": service.get("platformFamily", ""),
        "platformVersion": service.get("platformVersion", ""),
        "propagateTags": service.get("propagateTags", "NONE"),
        "region": region,
        "runningCount": service.get("runningCount", 0),
        "schedulingStrategy": service.get("schedulingStrategy", "REPLICA"),
        "serviceName": service["serviceName"],
        "serviceRegistries": service.get("serviceRegistries", []),
        "status": service["status"],
        "tags": tags.from_list(service.get("tags"), "key", "value"),
        "taskDefinition": service.get("taskDefinition", ""),
        "taskSets": [],
    }


def _deployment_configuration(configuration: dict[str, Json]) -> Properties:
    breaker = configuration.get("deploymentCircuitBreaker")
    return {
        "alarms": [],
        "bakeTimeInMinutes": str(configuration.get("bakeTimeInMinutes", "0")),
        "canaryConfigurations": [],
        "deploymentCircuitBreakers": [breaker] if breaker else [],
        "lifecycleHooks": [],
        "linearConfigurations": [],
        "maximumPercent": configuration.get("maximumPercent", 200),
        "minimumHealthyPercent": configuration.get("minimumHealthyPercent", 100),
        "strategy": configuration.get("strategy", "ROLLING"),
    }


def _deployment(item: dict[str, Json]) -> Properties:
    kept = ("desiredCount", "id", "pendingCount", "runningCount", "status", "taskDefinition")
    times = {key: rfc3339(item.get(key)) or "" for key in ("createdAt", "updatedAt")}
    return {**{key: item.get(key) for key in kept}, **times}


def _load_balancer(item: dict[str, Json]) -> Properties:
    return {
        "advancedConfigurations": [],
        "containerName": item.get("containerName", ""),
        "containerPort": item.get("containerPort", 0),
        "elbName": item.get("loadBalancerName", ""),
        "targetGroupArn": item.get("targetGroupArn", ""),
    }


def _proxies(proxy: dict[str, Json] | None) -> list[Properties]:
    if not proxy:
        return []
    properties = tags.from_list(proxy.get("properties"), "name", "value")
    return [{"containerName": proxy["containerName"], "properties": properties, "type": proxy.get("type", "")}]


def _volume(volume: dict[str, Json]) -> Properties:
    efs = volume.get("efsVolumeConfiguration")
    docker = volume.get("dockerVolumeConfiguration")
    return {
        "configureAtLaunch": bool(volume.get("configuredAtLaunch")),
        "dockerVolumeConfigurations": [docker] if docker else [],
        "efsVolumeConfigurations": [efs] if efs else [],
        "fsxWindowsFileServerVolumeConfigurations": [],
        "hostPath": volume.get("host", {}).get("sourcePath", ""),
        "name": volume["name"],
        "s3filesVolumeConfigurations": [],
    }
