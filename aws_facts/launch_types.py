"""The launch types of ECS (Fargate, EC2 and Managed Instances), and the task sizes of each. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from aws_facts.fargate import fargate_problem


class LaunchType(StrEnum):
    """The launch types of tasks in an awsvpc network (ECS API reference, Compatibility)."""

    FARGATE = "FARGATE"
    EC2 = "EC2"
    """Instances of an Auto Scaling group of the account."""
    MANAGED_INSTANCES = "MANAGED_INSTANCES"
    """Instances that ECS launches and replaces itself."""


LaunchTypes: TypeAlias = tuple[LaunchType, ...]
"""What tasks may run on: one launch type, or both of a capacity provider that could not be looked at."""
ON_FARGATE: LaunchTypes = (LaunchType.FARGATE,)
ON_INSTANCES: LaunchTypes = (LaunchType.EC2, LaunchType.MANAGED_INSTANCES)
"""The launch types of a capacity provider of the account that could not be looked at."""
SMALLEST_CPU, LARGEST_CPU = 128, 196608
"""CPU units of a task that is not on Fargate: 0.125 to 192 vCPU (ECS API reference, RegisterTaskDefinition, cpu)."""
LARGEST_DOCUMENTED_CPU = 10240
"""CPU units of a task on Managed Instances: 10 vCPU (ECS Developer Guide, "Amazon ECS task definition parameters for
Amazon ECS Managed Instances", Task size). The page has the words that the one for EC2 had before it said 192 vCPU."""
LARGEST_MEMORY = 33_554_432
"""MiB of the largest instance, u7inh-32tb (Amazon EC2 Instance Types). On instances, ECS itself takes any value."""


def size_problem(types: LaunchTypes, cpu: int | None, memory: int | None, *, windows: bool = False) -> str | None:
    """Return what is wrong with these CPU units and MiB of a task on these launch types; None for a sound size.

    A value that is None is not checked. `windows` is whether the containers run on Windows.
    """
    if LaunchType.FARGATE in types:
        return fargate_problem(cpu, memory, windows=windows)
    if windows and (cpu or memory):
        return (
            "ECS ignores cpu and memory of a task with Windows containers on EC2; set them in the task definition's "
            "containers"
        )
    if cpu is not None and not SMALLEST_CPU <= cpu <= LARGEST_CPU:
        return f"cpu {cpu} is not a size on EC2 or Managed Instances; must be {SMALLEST_CPU} to {LARGEST_CPU}"
    return None


def size_warning(types: LaunchTypes, cpu: int | None) -> str | None:
    """Return why AWS may not take these CPU units; None when it does."""
    if types == (LaunchType.MANAGED_INSTANCES,) and cpu is not None and LARGEST_DOCUMENTED_CPU < cpu <= LARGEST_CPU:
        return f"ECS Developer Guide names {LARGEST_DOCUMENTED_CPU} as the most cpu of a task on Managed Instances"
    return None


def in_words(types: LaunchTypes) -> str:
    """Return the launch types as people write them."""
    words = {
        LaunchType.FARGATE: "Fargate",
        LaunchType.EC2: "EC2 instances",
        LaunchType.MANAGED_INSTANCES: "Managed Instances",
    }
    return " or ".join(words[each] for each in types)
