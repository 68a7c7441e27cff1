"""A cluster of its own for jobs, with the capacity providers FARGATE and FARGATE_SPOT."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import ecs

from components.taken_name_preview import CLUSTER, TakenNamePreview

if TYPE_CHECKING:
    from collections.abc import Mapping

PROVIDERS = ("FARGATE", "FARGATE_SPOT")
INSIGHTS = ("enhanced", "enabled", "disabled")
"""ECS API reference, ClusterSetting, value."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
"""ECS API reference, CreateCluster, clusterName."""


@dataclass(frozen=True, kw_only=True)
class FargateClusterArgs:
    """Arguments of a `FargateCluster`."""

    name: str
    """The cluster's name: 1 to 255 letters, digits, hyphens and underscores."""
    container_insights: str = "enabled"
    """`enhanced`, `enabled` or `disabled`: which metrics CloudWatch gets of the cluster."""
    tags: Mapping[str, str] = field(default_factory=dict)


class FargateCluster(pulumi.ComponentResource):
    """A cluster whose tasks run on Fargate and Fargate Spot.

        cluster = FargateCluster("reports", FargateClusterArgs(name="reports"))
        place = PlacementArgs(cluster_arn=cluster.arn, …)

    ECS deletes no cluster with a task that has not stopped, so a deletion waits for running jobs.
    """

    cluster: ecs.Cluster
    providers: ecs.ClusterCapacityProviders
    arn: pulumi.Output[str]
    """The cluster's ARN. Whatever uses it comes after the capacity providers too, and is removed before them."""

    def __init__(self, name: str, args: FargateClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the cluster and its capacity providers; RunError for arguments that ECS would refuse."""
        if not _NAME.fullmatch(args.name):
            raise pulumi.RunError(
                f"`name` of `FargateClusterArgs`: '{args.name}' has {len(args.name)} characters; "
                "must be 1 to 255 letters, digits, hyphens and underscores"
            )
        if args.container_insights not in INSIGHTS:
            raise pulumi.RunError(
                f"`container_insights` of `FargateClusterArgs`: '{args.container_insights}' must be one of: "
                f"{', '.join(INSIGHTS)}"
            )
        super().__init__("scheduled-jobs:index:FargateCluster", name, None, opts)
        preview = TakenNamePreview(self, name, CLUSTER, args.name)
        self.cluster = ecs.Cluster(
            name,
            name=args.name,
            settings=[{"name": "containerInsights", "value": args.container_insights}],
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, hooks=preview.binding),
        )
        preview.check(self.cluster)
        self.providers = ecs.ClusterCapacityProviders(
            name,
            cluster_name=self.cluster.name,
            capacity_providers=list(PROVIDERS),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = pulumi.Output.all(self.cluster.arn, self.providers.id).apply(lambda known: str(known[0]))
        self.register_outputs({"arn": self.arn})
