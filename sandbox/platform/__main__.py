"""Deploy a minimal version of the team's existing platform, to which `scheduled-jobs` refers."""

from __future__ import annotations

import json
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, ec2, ecs, get_region, iam

config = pulumi.Config()
cluster_name = config.require("cluster")
region = get_region().region


def task_role(name: str) -> iam.Role:
    """Return a new role for ECS tasks."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return iam.Role(
        name,
        name=f"{cluster_name}-{name}",
        assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )


def container(family: str, name: str, image: str) -> dict[str, Any]:
    """Return a container definition that logs to the family's log group."""
    return {
        "name": name,
        "image": f"registry.example.com/{image}:1.0",
        "essential": True,
        "memory": 512,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": f"/{cluster_name}/{family}",
                "awslogs-region": region,
                "awslogs-stream-prefix": "ecs",
            },
        },
    }


def containers(family: str, wanted: dict[str, Any]) -> str:
    """Return the definitions of the family's container and, if wanted, a proxy next to it that is not essential."""
    own = container(family, wanted.get("container", "app"), wanted["image"])
    sidecar = {**container(family, "proxy", "proxy"), "essential": False, "memory": 128}
    return json.dumps([own, sidecar] if wanted.get("sidecar") else [own])


cluster = ecs.Cluster("cluster", name=cluster_name)
providers = ecs.ClusterCapacityProviders(
    "providers", cluster_name=cluster.name, capacity_providers=config.get_object("capacityProviders") or []
)
vpc = ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
subnets = [
    ec2.Subnet(subnet, vpc_id=vpc.id, cidr_block=f"10.0.{i}.0/24", tags={"sandbox:id": subnet})
    for i, subnet in enumerate(config.require_object("subnets"))
]
groups = [
    ec2.SecurityGroup(group, vpc_id=vpc.id, description="Tasks", tags={"sandbox:id": group})
    for group in config.require_object("securityGroups")
]
execution_role, role = task_role("execution"), task_role("task")

definitions = {}
for family, wanted in config.require_object("taskDefinitions").items():
    log_group = cloudwatch.LogGroup(family, name=f"/{cluster_name}/{family}", retention_in_days=30)
    definitions[family] = ecs.TaskDefinition(
        family,
        family=family,
        cpu="512",
        memory="1024",
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        execution_role_arn=execution_role.arn,
        task_role_arn=role.arn,
        container_definitions=containers(family, wanted),
        opts=pulumi.ResourceOptions(depends_on=[log_group]),
    )

for name, family in config.require_object("services").items():
    ecs.Service(
        name,
        name=name,
        cluster=cluster.arn,
        task_definition=definitions[family].arn,
        desired_count=1,
        launch_type="FARGATE",
        network_configuration={
            "subnets": [subnet.id for subnet in subnets],
            "security_groups": [group.id for group in groups],
        },
    )

pulumi.export("clusterArn", cluster.arn)
