"""The arguments of a placement: where the runs of a job happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi


@dataclass(frozen=True, kw_only=True)
class PlacementArgs:
    """Where a job's runs happen: the values that RunTask needs in addition to the job's own."""

    cluster_arn: pulumi.Input[str]
    task_definition: pulumi.Input[str]
    """A family, whose latest active revision runs, or `family:revision`, which pins one revision."""
    container: pulumi.Input[str]
    """The container that runs the job's command."""
    passed_roles: pulumi.Input[Sequence[str]]
    """ARNs of the task role and the execution role, and of roles that a coming revision of the family may have."""
    subnets: pulumi.Input[Sequence[str]]
    security_groups: pulumi.Input[Sequence[str]] = ()
    """Ids of security groups. Default: the default group of the VPC."""
    assign_public_ip: bool = False
    capacity: Mapping[str, int] = field(default_factory=dict)
    """Weights by capacity provider, for example `{"FARGATE_SPOT": 1}`. Default: plain Fargate."""
    log_groups: pulumi.Input[Sequence[str]] = ()
    """Names of the log groups that the container writes to. The watch reads the end of a failed run's log there."""
