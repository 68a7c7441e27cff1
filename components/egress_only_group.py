"""A security group for jobs that call others and that nobody calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import ec2

if TYPE_CHECKING:
    from collections.abc import Mapping

_EVERYWHERE: ec2.SecurityGroupEgressArgsDict = {
    "protocol": "-1",
    "from_port": 0,
    "to_port": 0,
    "cidr_blocks": ["0.0.0.0/0"],
    "ipv6_cidr_blocks": ["::/0"],
}
"""Every protocol, by IPv4 and IPv6. It is part of the group: as a resource of its own, a removal would take it from a
group whose tasks still run, which would then lose their network."""


@dataclass(frozen=True, kw_only=True)
class EgressOnlyGroupArgs:
    """Arguments of an `EgressOnlyGroup`."""

    vpc_id: pulumi.Input[str]
    """The VPC of the subnets in which the jobs run."""
    name: str | None = None
    """How the group's name begins; Pulumi adds a few characters. Default: the component's name."""
    tags: Mapping[str, str] = field(default_factory=dict)


class EgressOnlyGroup(pulumi.ComponentResource):
    """A security group that allows all calls to others, by IPv4 and IPv6, and none from others.

        group = EgressOnlyGroup("reports", EgressOnlyGroupArgs(vpc_id=vpc.id))
        place = PlacementArgs(security_groups=[group.id], …)

    EC2 deletes no group of a task that has not stopped, so a deletion waits for running jobs.
    """

    group: ec2.SecurityGroup
    id: pulumi.Output[str]

    def __init__(self, name: str, args: EgressOnlyGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the group."""
        super().__init__("scheduled-jobs:index:EgressOnlyGroup", name, None, opts)
        self.group = ec2.SecurityGroup(
            args.name or name,
            description="Scheduled jobs: egress only",
            vpc_id=args.vpc_id,
            egress=[_EVERYWHERE],
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = self.group.id
        self.register_outputs({"id": self.id})
