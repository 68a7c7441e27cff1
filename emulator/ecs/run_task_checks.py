"""What RunTask refuses of a request, beyond its model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aws_facts.fargate import cpu_units, memory_mib
from aws_facts.launch_types import LaunchType, size_problem
from emulator.ecs import ebs_volumes
from emulator.ecs.task_definitions import INVALID_SIZE, NO_FARGATE_SIZE
from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.ecs.models import TaskDefinition

_MOST_TASKS = 10
"""The most tasks of one RunTask call (ECS API reference, RunTask, count)."""
_WORDS = {"clientToken": re.compile(r"[!-~]{1,64}"), "startedBy": re.compile(r"[A-Za-z0-9/_-]{1,128}")}
"""The characters of members that are text (ECS API reference, RunTask)."""
_OF_SCHEDULER = "chronos-schedule/"
"""The beginning of the startedBy that Scheduler writes, whose rest may have the dots of a schedule's name."""


def check(params: Mapping[str, Any], definition: TaskDefinition) -> None:
    """Raise ECS's error for a request that ECS refuses with this task definition."""
    _count(params)
    _words(params)
    _network(params, definition)
    ebs_volumes.check(params, definition)
    _overrides(params, definition)


def check_size(params: Mapping[str, Any], definition: TaskDefinition, launch_type: LaunchType) -> None:
    """Raise ECS's error for sizes that tasks of this launch type cannot have; one may be the task definition's."""
    overrides = params.get("overrides", {})
    if not {"cpu", "memory"} & overrides.keys():
        return  # RegisterTaskDefinition has checked those of the task definition
    cpu = cpu_units(overrides.get("cpu") or definition.cpu or "")
    memory = memory_mib(overrides.get("memory") or definition.memory or "")
    if size_problem((launch_type,), cpu, memory) is None:
        return
    if launch_type is LaunchType.FARGATE:
        raise AwsError("ClientException", NO_FARGATE_SIZE.format(cpu=cpu, memory=memory))
    raise AwsError("ClientException", INVALID_SIZE.format(name="cpu"))


def _words(params: Mapping[str, Any]) -> None:
    """Refuse the characters that ECS does not take; ECS's words for it are not known."""
    for name, pattern in _WORDS.items():
        value = params.get(name)
        if value and not value.startswith(_OF_SCHEDULER) and not pattern.fullmatch(value):
            raise AwsError("InvalidParameterException", f"{name} '{value}' does not match {pattern.pattern}.")


def _count(params: Mapping[str, Any]) -> None:
    if not 1 <= params.get("count", 1) <= _MOST_TASKS:
        raise AwsError("InvalidParameterException", f"count must be from 1 to {_MOST_TASKS}.")


def _network(params: Mapping[str, Any], definition: TaskDefinition) -> None:
    if definition.network_mode == "awsvpc" and "networkConfiguration" not in params:
        raise AwsError(
            "InvalidParameterException",
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        )
    if "launchType" in params and "capacityProviderStrategy" in params:
        raise AwsError(
            "InvalidParameterException", "Specify either a launchType or a capacityProviderStrategy, but not both."
        )


def _overrides(params: Mapping[str, Any], definition: TaskDefinition) -> None:
    names = {container["name"] for container in definition.container_definitions}
    for override in params.get("overrides", {}).get("containerOverrides", []):
        if override.get("name") not in names:
            raise AwsError(
                "InvalidParameterException",
                f"Override for container named {override.get('name')} is not a container in the TaskDefinition.",
            )
