"""Deploy a minimal version of the team's existing platform, to which `scheduled-jobs` refers."""

from __future__ import annotations

import json
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, ec2, ecs, get_region, iam, lambda_, sns, sqs

config = pulumi.Config()
cluster_name = config.require("cluster")
region = get_region().region


def policy(**statement: Any) -> str:  # noqa: ANN401 - policy JSON
    """Return a policy document that allows something."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def role(name: str, service: str) -> iam.Role:
    """Return a new role for a service."""
    trust = policy(Principal={"Service": service}, Action="sts:AssumeRole")
    return iam.Role(name, name=f"{cluster_name}-{name}", assume_role_policy=trust)


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
execution_role, task_role = (role(name, "ecs-tasks.amazonaws.com") for name in ("execution", "task"))

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
        task_role_arn=task_role.arn,
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

for name in config.get_object("policies") or []:
    iam.Policy(name, name=name, policy=policy(Action="*", Resource="*"))
for name in config.get_object("queues") or []:
    queue = sqs.Queue(name, name=name)
    may_send = policy(Principal={"Service": "sns.amazonaws.com"}, Action="sqs:SendMessage", Resource="*")
    sqs.QueuePolicy(name, queue_url=queue.url, policy=may_send)
for name in config.get_object("topics") or []:
    sns.Topic(name, name=name)
for name in config.get_object("functions") or []:
    lambda_.Function(
        name,
        name=name,
        role=role(f"{name}-function", "lambda.amazonaws.com").arn,
        runtime="python3.13",
        handler="main.run",
        code=pulumi.AssetArchive({"main.py": pulumi.StringAsset("def run(event, context): ...\n")}),
    )

pulumi.export("clusterArn", cluster.arn)
