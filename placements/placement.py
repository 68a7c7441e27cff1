"""The type of a placement with all its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_facts.launch_types import ON_FARGATE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_facts.launch_types import LaunchTypes


@dataclass(frozen=True)
class Definition:
    """The task definition of a placement as the account has it."""

    name: str
    """The family or `family:revision` that runs."""
    passed_roles: Sequence[str]
    containers: Sequence[Mapping[str, Any]]
    """All container definitions, as ECS describes them."""
    container: str | None
    """The container for jobs that do not name one; None when the task definition has several essential ones."""
    cpu: int | None
    """CPU units."""
    memory: int | None
    """MiB."""
    windows: bool = False
    """Whether its containers run on Windows."""


@dataclass(frozen=True)
class NewCluster:
    """A cluster that a placement makes, because it names none."""

    name: str
    container_insights: str


@dataclass(frozen=True)
class Placement:
    """A placement as the account has it."""

    cluster_arn: str
    """That of a cluster which the placement makes is put together from names: it may not exist yet. Empty if no job
    needs a cluster."""
    subnets: Sequence[str]
    security_groups: Sequence[str]
    assign_public_ip: bool
    capacity: Mapping[str, int | Mapping[str, int]]
    """A weight, or weight and base, by capacity provider."""
    definition: Definition | None
    """None in a placement for jobs that have an image of their own."""
    service: str | None = None
    """The name of the service that supplies the placement's values; None without one."""
    running: str = ""
    """The ARN of the revision that the service runs; empty without one, or if another controller deploys it."""
    new_cluster: NewCluster | None = None
    """The cluster that the placement makes; None for a placement with an existing one."""
    new_group_in: str | None = None
    """The id of the VPC in which the placement makes its security group; None if it makes none."""
    launch_types: LaunchTypes = ON_FARGATE
    """What the tasks may run on."""
