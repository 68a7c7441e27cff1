"""What RegisterTaskDefinition refuses of how containers and volumes fit together. moto takes all of it.

Where no answer of ECS is on record, the words are the sandbox's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.ecs import start_order
from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NEEDS_END = (start_order.COMPLETE, start_order.SUCCESS)
_RANGES = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}
"""ECS API reference, HealthCheck."""
_START_TIMEOUT = (2, 120)
"""Seconds on Fargate (ECS API reference, ContainerDefinition, startTimeout)."""
_KINDS = ("CMD", "CMD-SHELL", "NONE")
_MOST_CONTAINERS = 10
"""Amazon ECS service quotas, containers in a task definition."""


def check(params: Mapping[str, Any], *, fargate: bool, cpu: int | None, memory: int | None) -> None:
    """Raise ECS's error for containers and volumes that it refuses; sizes are those of the task."""
    containers: Sequence[Mapping[str, Any]] = params["containerDefinitions"]
    names = [one.get("name", "") for one in containers]
    if len(names) > _MOST_CONTAINERS:
        _refuse(f"A task definition can have {_MOST_CONTAINERS} containers, and this one has {len(names)}.")
    if len(set(names)) < len(names):
        _refuse("Container names must be unique within a task definition.")
    if not any(one.get("essential", True) for one in containers):
        _refuse("At least one container must be essential.")
    _check_dependencies(containers)
    for one in containers:
        _check_health(one)
        if fargate and one.get("startTimeout") is not None:
            _check_range(f"startTimeout of container {one['name']}", one["startTimeout"], _START_TIMEOUT)
    _check_volumes(params.get("volumes") or (), containers)
    _check_sizes(containers, cpu, memory)


def _check_dependencies(containers: Sequence[Mapping[str, Any]]) -> None:
    known = {one["name"]: one for one in containers}
    for one in containers:
        for needed in one.get("dependsOn") or ():
            name, condition = needed["containerName"], needed["condition"]
            if name not in known:
                _refuse(f"Container {one['name']} depends on {name}, which is not in the task definition.")
            if condition in _NEEDS_END and known[name].get("essential", True):  # recorded
                _refuse("A dependency container with SUCCESS or COMPLETE condition cannot be an essential container")
            if condition == start_order.HEALTHY and not known[name].get("healthCheck"):
                _refuse(f"Container {one['name']} depends on the health of {name}, which has no health check.")
    try:
        start_order.ordered(containers)
    except ValueError as circle:
        _refuse(f"Container dependencies should not have a cycle: {circle}")


def _check_health(container: Mapping[str, Any]) -> None:
    check = container.get("healthCheck")
    if not check:
        return
    if not check["command"] or check["command"][0] not in _KINDS:
        _refuse(f"The command of the health check of container {container['name']} must start with CMD or CMD-SHELL.")
    for name, bounds in _RANGES.items():
        if check.get(name) is not None:
            _check_range(f"{name} of the health check of container {container['name']}", check[name], bounds)


def _check_volumes(volumes: Sequence[Mapping[str, Any]], containers: Sequence[Mapping[str, Any]]) -> None:
    names = [one.get("name") for one in volumes]
    for one in containers:
        for mount in one.get("mountPoints") or ():
            if mount.get("sourceVolume") not in names:
                _refuse(f"Unknown volume '{mount.get('sourceVolume')}'.")  # recorded
    if len(set(names)) < len(names):
        _refuse("Volume names must be unique within a task definition.")
    if sum(bool(one.get("configuredAtLaunch")) for one in volumes) > 1:
        _refuse("A task definition can have one volume that is configured at launch.")
    for volume in volumes:
        _check_efs(volume)


def _check_efs(volume: Mapping[str, Any]) -> None:
    """Refuse what the page of EFSVolumeConfiguration and EFSAuthorizationConfig excludes (ECS API reference)."""
    efs = volume.get("efsVolumeConfiguration")
    if not efs:
        return
    authorization = efs.get("authorizationConfig") or {}
    point, iam = authorization.get("accessPointId"), authorization.get("iam") == "ENABLED"
    if (point or iam) and efs.get("transitEncryption") != "ENABLED":
        _refuse(f"Volume {volume['name']} needs transitEncryption for its access point or IAM authorization.")
    if point and efs.get("rootDirectory", "/") != "/":
        _refuse(f"Volume {volume['name']} has an access point, so its rootDirectory must be / or left out.")


def _check_sizes(containers: Sequence[Mapping[str, Any]], cpu: int | None, memory: int | None) -> None:
    """Refuse containers that reserve more than the task has."""
    for what, size, parts in (
        ("cpu", cpu, [one.get("cpu") or 0 for one in containers]),
        ("memory", memory, [one.get("memoryReservation") or one.get("memory") or 0 for one in containers]),
    ):
        if size is not None and sum(parts) > size:
            _refuse(f"The containers reserve {sum(parts)} {what}, and the task has {size}.")


def _check_range(what: str, value: int, bounds: tuple[int, int]) -> None:
    if not bounds[0] <= value <= bounds[1]:
        _refuse(f"{what} is {value}; it must be between {bounds[0]} and {bounds[1]}.")


def _refuse(message: str) -> None:
    raise AwsError("ClientException", message)
