"""The arguments of a placement: where the runs of a job happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pulumi

from aws_facts.arn import Arn
from aws_facts.launch_types import ON_FARGATE
from components.inputs import computed
from watch import untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class LaunchVolume:
    """A volume of EBS that ECS creates for each task."""

    name: str
    """Its name in the task definition, which configures it at launch."""
    role: pulumi.Input[str]
    """The ARN of the infrastructure role, with which ECS creates and deletes it."""
    settings: Mapping[str, Any]
    """The other members of RunTask's `ManagedEBSVolume`, in PascalCase."""


@dataclass(frozen=True, kw_only=True)
class PlacementArgs:
    """Where a job's runs happen: the values that RunTask needs in addition to the job's own."""

    cluster_arn: pulumi.Input[str]
    task_definition: pulumi.Input[str]
    """A family, whose latest active revision runs, or `family:revision` or its ARN, which pin one revision."""
    container: pulumi.Input[str]
    """The container that runs the job's command."""
    passed_roles: pulumi.Input[Sequence[pulumi.Input[str]]]
    """ARNs of the task role and the execution role, and of roles that a coming revision of the family may have."""
    subnets: pulumi.Input[Sequence[pulumi.Input[str]]]
    security_groups: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    """Ids of security groups. Default: the default group of the VPC."""
    assign_public_ip: bool = False
    capacity: Mapping[str, int | Mapping[str, int]] = field(default_factory=dict)
    """By capacity provider a weight, for example `{"FARGATE_SPOT": 1}`, or weight and base, for example
    `{"FARGATE": {"weight": 1, "base": 1}}`. Default: plain Fargate."""
    launch_types: Sequence[str] = ON_FARGATE
    """What the providers of `capacity` launch tasks on: `FARGATE`, `EC2` or `MANAGED_INSTANCES`. The task definition of
    an `ImageTask` is registered for it."""
    log_groups: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None
    """The log groups that the container writes to: names, and ARNs of log groups in another region.

    The watch reads the end of a failed run's log there. Default: the log group that the task definition names, which
    each deployment looks up.
    """

    service: pulumi.Input[str] | None = None
    """The name of the service on the cluster whose revision runs, for schedules with `run_revision="service"`."""

    volume: LaunchVolume | None = None
    """The volume that the task definition configures at launch."""

    @cached_property
    def cluster(self) -> pulumi.Input[str]:
        """The cluster's ARN; RunError for another text."""
        return computed(_checked_cluster, cluster_arn=self.cluster_arn)


def _checked_cluster(cluster_arn: str) -> str:
    try:
        arn = Arn.parse(cluster_arn)
        valid = arn.service == "ecs" and arn.resource.startswith("cluster/")
    except ValueError:
        valid = False
    if not valid:
        raise pulumi.RunError(
            f"`cluster_arn` of `PlacementArgs`: '{untrusted.visible(cluster_arn)}' is not the ARN of a cluster; "
            "must be such as arn:aws:ecs:eu-central-1:123456789012:cluster/main"
        )
    return cluster_arn
