"""A security group for jobs that call others and that nobody calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import ec2, vpc

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANY_PROTOCOL = "-1"


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
    rules: dict[str, vpc.SecurityGroupEgressRule]
    """The rules by the kind of address, `ipv4` and `ipv6`."""
    id: pulumi.Output[str]
    """The group's id. Whatever uses it comes after the rules too, and is removed before them."""

    def __init__(self, name: str, args: EgressOnlyGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the group and its two rules."""
        super().__init__("scheduled-jobs:index:EgressOnlyGroup", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.group = ec2.SecurityGroup(
            args.name or name,
            description="Scheduled jobs: egress only",
            vpc_id=args.vpc_id,
            tags=args.tags,
            opts=child,
        )
        self.rules = {
            kind: vpc.SecurityGroupEgressRule(
                f"{name}-{kind}",
                security_group_id=self.group.id,
                ip_protocol=_ANY_PROTOCOL,
                cidr_ipv4=ipv4,
                cidr_ipv6=ipv6,
                tags=args.tags,
                opts=child,
            )
            for kind, ipv4, ipv6 in (("ipv4", "0.0.0.0/0", None), ("ipv6", None, "::/0"))
        }
        ids = [self.group.id, *(rule.id for rule in self.rules.values())]
        self.id = pulumi.Output.all(*ids).apply(lambda known: str(known[0]))
        self.register_outputs({"id": self.id})
