"""The type of a placement with all its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Placement:
    """A placement as the account has it."""

    cluster_arn: str
    task_definition: str
    passed_roles: Sequence[str]
    subnets: Sequence[str]
    security_groups: Sequence[str]
    assign_public_ip: bool
    capacity: Mapping[str, int | Mapping[str, int]]
    """A weight, or weight and base, by capacity provider."""
    containers: Sequence[Mapping[str, Any]]
    """All container definitions of the task definition, as ECS describes them."""
    container: str | None
    """The container for jobs that do not name one; None when the task definition has several essential ones."""
    cpu: int | None
    """The task definition's CPU units."""
    memory: int | None
    """The task definition's memory in MiB."""
    windows: bool = False
    """Whether the task definition's containers run on Windows."""
    service: str | None = None
    """The name of the service that supplies the placement's values; None without one."""
