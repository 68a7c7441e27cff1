"""ECS: task definitions. Each change registers a new revision; a deletion deregisters the revision."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Final

from emulator.provider.core import tags
from emulator.provider.core.compare import unordered
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present
from emulator.provider.types.ecs import match_tags

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties

_PLAIN: Final = frozenset(
    {
        "cpu",
        "executionRoleArn",
        "family",
        "ipcMode",
        "memory",
        "networkMode",
        "pidMode",
        "placementConstraints",
        "requiresCompatibilities",
        "runtimePlatform",
        "taskRoleArn",
    }
)


def containers(text: Json) -> Json:
    """Return the canonical form of container definitions: without AWS's default values, and with sorted sets."""
    try:
        listed = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text
    return sorted((_container(item) for item in listed), key=lambda item: str(item.get("name")))


class TaskDefinition(ResourceType):
    """A revision of a task definition; its id is the family. It is imported by its ARN."""

    token = "aws:ecs/taskDefinition:TaskDefinition"
    label = "ECS Task Definition"
    inputs = _PLAIN | {
        "containerDefinitions",
        "ephemeralStorage",
        "proxyConfiguration",
        "skipDestroy",
        "tags",
        "trackLatest",
        "volumes",
    }
    outputs = frozenset({"arn", "arnWithoutRevision", "enableFaultInjection", "revision"})
    required = frozenset({"containerDefinitions", "family"})
    replace_on = inputs - {"skipDestroy", "tags", "trackLatest"}
    defaults: ClassVar = {"skipDestroy": False, "trackLatest": False}
    computed = frozenset({"networkMode"})
    write_only = frozenset({"skipDestroy", "trackLatest"})
    json_inputs = frozenset({"containerDefinitions"})
    canonical: ClassVar = {
        "containerDefinitions": containers,
        "placementConstraints": unordered,
        "requiresCompatibilities": unordered,
        "volumes": unordered,
    }
    gone = frozenset({"ClientException"})  # "Unable to describe task definition."

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        text = inputs.get("containerDefinitions", "[]")
        try:
            if not isinstance(containers(text), list | str):
                return [("containerDefinitions", "must be a JSON list of container definitions")]
            json.loads(text)
        except (ValueError, TypeError, AttributeError):
            # An unknown is not JSON either; it is checked when it is known.
            return (
                []
                if "{" not in str(text)
                else [("containerDefinitions", "ECS Task Definition container_definitions is invalid JSON")]
            )
        return []

    def create(self, aws: Aws, inputs: Properties) -> str:
        response = aws.client("ecs").register_task_definition(**_request(inputs))
        return str(response["taskDefinition"]["taskDefinitionArn"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        # The id of a known resource is its family, which names the latest revision, not necessarily this one.
        which = resource_id if ":" in resource_id or known.get("trackLatest") else known.get("arn", resource_id)
        response = aws.client("ecs").describe_task_definition(taskDefinition=which, include=["TAGS"])
        definition = response["taskDefinition"]
        if definition["status"] == "INACTIVE":
            return None
        arn = definition["taskDefinitionArn"]
        return {
            **{key: definition[key] for key in _PLAIN if definition.get(key)},
            "arn": arn,
            "arnWithoutRevision": arn.rpartition(":")[0],
            "containerDefinitions": json.dumps(definition["containerDefinitions"], sort_keys=True),
            "enableFaultInjection": bool(definition.get("enableFaultInjection")),
            "ephemeralStorage": _storage_state(definition.get("ephemeralStorage")),
            "id": definition["family"],
            "proxyConfiguration": _proxy_state(definition.get("proxyConfiguration")),
            "revision": definition["revision"],
            "tags": tags.from_list(response.get("tags"), "key", "value"),
            "volumes": [_volume_state(volume) for volume in definition.get("volumes", [])],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        # Only tags are updated in place, on the revision in the state; any other change registers a new revision.
        match_tags(aws.client("ecs"), old.get("arn", resource_id), old, new)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if not state.get("skipDestroy"):
            aws.client("ecs").deregister_task_definition(taskDefinition=state.get("arn", resource_id))

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("family", "new"))


def _request(inputs: Properties) -> dict[str, Json]:
    storage = inputs.get("ephemeralStorage") or {}
    proxy = inputs.get("proxyConfiguration") or {}
    return present(
        **{key: inputs.get(key) for key in _PLAIN},
        containerDefinitions=json.loads(inputs["containerDefinitions"]),
        ephemeralStorage=present(sizeInGiB=storage.get("sizeInGib")),
        proxyConfiguration=present(
            containerName=proxy.get("containerName"),
            type=proxy.get("type"),
            properties=tags.to_list(proxy.get("properties"), "name", "value"),
        ),
        tags=tags.to_list(inputs.get("tags"), "key", "value"),
        volumes=[_volume_request(volume) for volume in inputs.get("volumes", [])],
    )


def _volume_request(volume: Properties) -> dict[str, Json]:
    host = {"sourcePath": volume["hostPath"]} if volume.get("hostPath") else None
    rest = {key: value for key, value in volume.items() if key not in ("hostPath", "configureAtLaunch")}
    return present(**rest, configuredAtLaunch=volume.get("configureAtLaunch"), host=host)


def _volume_state(volume: dict[str, Json]) -> Properties:
    host = volume.get("host", {}).get("sourcePath")
    rest = {key: value for key, value in volume.items() if key not in ("host", "configuredAtLaunch")}
    return present(**rest, configureAtLaunch=volume.get("configuredAtLaunch"), hostPath=host)


def _storage_state(storage: dict[str, Json] | None) -> Properties | None:
    return {"sizeInGib": storage["sizeInGiB"]} if storage else None


def _proxy_state(proxy: dict[str, Json] | None) -> Properties | None:
    if not proxy:
        return None
    return present(
        containerName=proxy.get("containerName"),
        type=proxy.get("type"),
        properties=tags.from_list(proxy.get("properties"), "name", "value"),
    )


def _container(item: Json) -> Json:
    if not isinstance(item, dict):
        return {"name": str(item)}
    kept = {key: value for key, value in item.items() if value not in (None, [], {}, "") and (key, value) != ("cpu", 0)}
    if kept.get("essential") is True:
        del kept["essential"]
    for key in ("environment", "secrets"):
        if key in kept:
            kept[key] = sorted(kept[key], key=lambda pair: str(pair.get("name")))
    if "portMappings" in kept:
        kept["portMappings"] = [_port(port) for port in kept["portMappings"]]
    return kept


def _port(port: dict[str, Json]) -> dict[str, Json]:
    filled = {"protocol": "tcp", "hostPort": port.get("containerPort"), **port}
    return {**filled, "hostPort": filled["hostPort"] or filled["containerPort"]}
