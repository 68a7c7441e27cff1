"""What a platform's stack file holds of an account, from AWS's descriptions of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from aws_facts.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OF_A_DEFINITION = (
    *("cpu", "memory", "networkMode", "requiresCompatibilities", "runtimePlatform"),
    *("taskRoleArn", "executionRoleArn"),
)
_OF_A_CONTAINER = ("name", "image", "essential", "entryPoint", "cpu", "memory", "memoryReservation")
_OF_A_VOLUME = ("name", "configuredAtLaunch")
_OF_A_LOG = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix", "awslogs-create-group")
_OF_A_NETWORK = ("subnets", "securityGroups", "assignPublicIp")
_WIDTH = 140
_HEADER = """\
# The resources on the embedded AWS before a preview of stack `{stack}`. A placement may name these resources.
# `python -m sandbox platform {stack}` copied them from the account {account}. It keeps keys that it does not copy.
"""


def task_definition(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a task definition that a preview judges.

    Everything else is left out, above all what may be secret: commands, environment variables, labels, and the options
    of other log drivers.
    """
    volumes = [_members(volume, _OF_A_VOLUME) for volume in described.get("volumes") or []]
    return {
        **_members(described, _OF_A_DEFINITION),
        "containerDefinitions": [_container(one) for one in described["containerDefinitions"]],
        **({"volumes": volumes} if volumes else {}),
    }


def service(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a service that a preview judges; its task definition is only a family."""
    network = (described.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    strategy = described.get("capacityProviderStrategy") or []
    return {
        "taskDefinition": family(described["taskDefinition"]),
        **({"capacityProviderStrategy": [dict(item) for item in strategy]} if strategy else {}),
        **({"networkConfiguration": {"awsvpcConfiguration": _members(network, _OF_A_NETWORK)}} if network else {}),
    }


def family(task_definition_arn: str) -> str:
    """Return the family in the ARN of a task definition."""
    return Arn.parse(task_definition_arn).resource.removeprefix("task-definition/").partition(":")[0]


def network_of(services: Iterable[Mapping[str, Any]], member: str) -> list[str]:
    """Return the subnets or security groups of some services, as `service` returns them."""
    networks = [one.get("networkConfiguration", {}).get("awsvpcConfiguration", {}) for one in services]
    return [name for network in networks for name in network.get(member, [])]


def text(stack: str, earlier: Mapping[str, Any], copied: Mapping[str, Any]) -> str:
    """Return the stack file: the copied keys, without the prefix `platform:`, and other keys that it had before."""
    ours = {f"platform:{key}": value for key, value in copied.items()}
    config = {**ours, **{key: value for key, value in earlier.items() if key not in ours}}
    body = yaml.safe_dump({"config": config}, sort_keys=False, width=_WIDTH)
    return _HEADER.format(stack=stack, account=copied["account"]) + body


def _container(described: Mapping[str, Any]) -> dict[str, Any]:
    log = described.get("logConfiguration")
    kept = {"logDriver": log["logDriver"], "options": _members(log.get("options") or {}, _OF_A_LOG)} if log else {}
    return {**_members(described, _OF_A_CONTAINER), **({"logConfiguration": kept} if kept else {})}


def _members(described: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the members that say something; ECS describes many with 0 or an empty list."""
    found = {name: described.get(name) for name in names}
    return {name: value for name, value in found.items() if value not in (None, [], {}, "", 0) or value is False}
