"""Capacity provider strategies: their checks, and the capacity provider that a task gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts.fargate import SPOT, is_windows
from aws_facts.launch_types import LaunchType
from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from moto.ecs.models import TaskDefinition

    from aws_facts.launch_types import LaunchTypes

MOST_PROVIDERS = 20
"""The most capacity providers of a strategy (ECS API reference, RunTask, capacityProviderStrategy)."""


def described(strategy: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a strategy as ECS describes it: base and weight are 0 unless they are set."""
    return [{"base": 0, "weight": 0, **item} for item in strategy]


def check_strategy(strategy: Sequence[Mapping[str, Any]], associated: Collection[str]) -> None:
    """Raise ECS's error for a strategy that ECS refuses on a cluster with the capacity providers `associated`.

    The rules are those of the ECS API reference, CapacityProviderStrategyItem. ECS's words are known only for a
    provider that is not associated.
    """
    items = described(strategy)
    if len(items) > MOST_PROVIDERS:
        _refuse(f"A capacity provider strategy can contain a maximum of {MOST_PROVIDERS} capacity providers.")
    if sum(item["base"] > 0 for item in items) > 1:
        _refuse("Only one capacity provider in a capacity provider strategy can have a base defined.")
    if len(items) > 1 and not any(item["weight"] for item in items):
        _refuse("At least one capacity provider must have a weight value greater than zero specified.")
    if any(item["capacityProvider"] not in associated for item in items):
        _refuse(
            "The specified capacity provider strategy cannot contain a capacity provider that is not associated with "
            "the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and "
            "try again."
        )


def check_launch(params: Mapping[str, Any], types: LaunchTypes, definition: TaskDefinition) -> LaunchType:
    """Return what the tasks of a RunTask request run on; raise ECS's error for what that cannot be.

    `types` are those of the strategy's capacity providers. ECS's words are recorded in open issues, except where a
    comment says so.
    """
    if len(types) > 1 and LaunchType.FARGATE in types:
        _refuse(
            "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and "
            "Fargate providers. Specify one or the other and try again."
        )
    if len(types) > 1:  # ECS's words for it are not known
        _refuse("A capacity provider strategy cannot contain a mix of Auto Scaling groups and Managed Instances.")
    [launch_type] = types
    registered = definition.requires_compatibilities or []
    if launch_type is not LaunchType.EC2 and launch_type not in registered:
        _refuse(f"Task definition does not support launch_type {launch_type}.")
    if launch_type is LaunchType.FARGATE:
        return launch_type
    network = (params.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    if network.get("assignPublicIp") == "ENABLED":
        _refuse("Assign public IP is not supported for this launch type.")
    if params.get("platformVersion"):
        _refuse("The platform version must be null when specifying an EC2 launch type.")
    system = (definition.runtime_platform or {}).get("operatingSystemFamily", "")
    if launch_type is LaunchType.MANAGED_INSTANCES and is_windows(system):  # ECS's words for it are not known
        _refuse("Managed Instances do not support Windows containers.")
    return launch_type


def check_system(strategy: Sequence[Mapping[str, Any]], operating_system_family: str) -> None:
    """Raise an error for Windows containers on Fargate Spot; ECS's words for it are not known."""
    if is_windows(operating_system_family) and any(item["capacityProvider"] == SPOT for item in strategy):
        _refuse(f"The capacity provider {SPOT} is not supported for Windows containers.")


def provider_of(strategy: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the capacity provider of the first task of a call; None without a strategy.

    The provider with a base comes first, then the one with the largest weight.
    """
    items = described(strategy)
    chosen = max(items, key=lambda item: (item["base"], item["weight"]), default=None)
    return None if chosen is None else str(chosen["capacityProvider"])


def _refuse(message: str) -> None:
    raise AwsError("InvalidParameterException", message)
