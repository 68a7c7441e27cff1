"""Deploy a minimal version of the team's existing platform, to which `scheduled-jobs` refers."""

from __future__ import annotations

import json
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, ec2, ecs, get_region, iam, kms, lambda_, secretsmanager, sns, sqs

config = pulumi.Config()
cluster_name = config.require("cluster")
region = get_region().region
roles: dict[str, iam.Role] = {}
"""The roles that are made here, by name."""


def policy(**statement: Any) -> str:  # noqa: ANN401 - policy JSON
    """Return a policy document that allows something."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def role(name: str, service: str, path: str = "/") -> iam.Role:
    """Return a new role for a service."""
    trust = policy(Principal={"Service": service}, Action="sts:AssumeRole")
    roles[name] = iam.Role(f"{path}{name}".removeprefix("/"), name=name, path=path, assume_role_policy=trust)
    return roles[name]


def let_log(name: str, execution_role: iam.Role) -> None:
    """Let a task execution role create log groups and write to them, as the team's own roles may where they need it."""
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    iam.RolePolicy(f"{name}-logs", role=execution_role.name, policy=policy(Action=actions, Resource="*"))


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


def described(family: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return a task definition as ECS describes it. Config has the description, or only an image and a container."""
    if "containerDefinitions" in wanted:
        return wanted
    own = container(family, wanted.get("container", "app"), wanted["image"])
    sidecar = {**container(family, "proxy", "proxy"), "essential": False, "memory": 128}
    return {
        "cpu": "512",
        "memory": "1024",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "executionRoleArn": execution_role.arn,
        "taskRoleArn": task_role.arn,
        "containerDefinitions": [own, sidecar] if wanted.get("sidecar") else [own],
    }


def roles_of(definition: dict[str, Any]) -> set[str]:
    """Return the ARNs of roles that a description in config names."""
    return {arn for key in ("executionRoleArn", "taskRoleArn") if isinstance(arn := definition.get(key), str)}


def log_groups_of(definition: dict[str, Any]) -> set[str]:
    """Return the log groups that the containers of a task definition write to and do not create."""
    logs = [one.get("logConfiguration") or {} for one in definition["containerDefinitions"]]
    options = [log["options"] for log in logs if log.get("logDriver") == "awslogs"]
    return {given["awslogs-group"] for given in options if "awslogs-create-group" not in given}


def registered(family: str, definition: dict[str, Any], log_groups: list[cloudwatch.LogGroup]) -> ecs.TaskDefinition:
    """Return a new task definition. Members that only a description has, such as its revision, are left out."""
    system = definition.get("runtimePlatform") or {}
    names = {"operating_system_family": "operatingSystemFamily", "cpu_architecture": "cpuArchitecture"}
    platform = {ours: system[theirs] for ours, theirs in names.items() if theirs in system}
    volumes = [
        {"name": volume["name"], "configure_at_launch": bool(volume.get("configuredAtLaunch"))}
        for volume in definition.get("volumes") or []
    ]
    given: dict[str, Any] = {
        "cpu": definition.get("cpu"),
        "memory": definition.get("memory"),
        "network_mode": definition.get("networkMode"),
        "requires_compatibilities": definition.get("requiresCompatibilities"),
        "execution_role_arn": definition.get("executionRoleArn"),
        "task_role_arn": definition.get("taskRoleArn"),
        "runtime_platform": platform or None,
        "volumes": volumes or None,
    }
    return ecs.TaskDefinition(
        family,
        family=family,
        container_definitions=json.dumps(definition["containerDefinitions"]),
        opts=pulumi.ResourceOptions(depends_on=log_groups),
        **given,
    )


def place_of(service: dict[str, Any]) -> dict[str, Any]:
    """Return capacity and network of a service that ECS describes.

    The default is plain Fargate in all subnets and security groups of the platform, with public addresses.
    """
    names = {"capacity_provider": "capacityProvider", "weight": "weight", "base": "base"}
    strategy = [
        {ours: item[theirs] for ours, theirs in names.items() if theirs in item}
        for item in service.get("capacityProviderStrategy") or []
    ]
    network = (service.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    return {
        **({"capacity_provider_strategies": strategy} if strategy else {"launch_type": "FARGATE"}),
        "network_configuration": {
            "subnets": network.get("subnets") or [subnet.id for subnet in subnets],
            "security_groups": network.get("securityGroups") or [group.id for group in groups],
            "assign_public_ip": not network or network.get("assignPublicIp") == "ENABLED",
        },
    }


cluster = ecs.Cluster("cluster", name=cluster_name)
named = config.get_object("capacityProviders") or []
of_groups = [
    ecs.CapacityProvider(
        name,
        name=name,
        auto_scaling_group_provider={
            "auto_scaling_group_arn": f"arn:aws:autoscaling:{region}:123456789012:autoScalingGroup:"
            f"0a0a0a0a-0000-4000-8000-000000000000:autoScalingGroupName/{name}"
        },
    )
    for name in named
    if name not in ("FARGATE", "FARGATE_SPOT")
]
providers = ecs.ClusterCapacityProviders(
    "providers",
    cluster_name=cluster.name,
    capacity_providers=named,
    opts=pulumi.ResourceOptions(depends_on=of_groups),
)
vpc = ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
subnets = [
    ec2.Subnet(subnet, vpc_id=vpc.id, cidr_block=f"10.0.{i}.0/24", tags={"sandbox:id": subnet})
    for i, subnet in enumerate(config.require_object("subnets"))
]
gateway = ec2.InternetGateway("internet", vpc_id=vpc.id)
ec2.Route("internet", route_table_id=vpc.main_route_table_id, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.id)
out = ec2.SecurityGroupEgressArgs(protocol="-1", from_port=0, to_port=0, cidr_blocks=["0.0.0.0/0"])
groups = [
    ec2.SecurityGroup(group, vpc_id=vpc.id, description="Tasks", egress=[out], tags={"sandbox:id": group})
    for group in config.require_object("securityGroups")
]
for name in config.get_object("managedInstances") or []:
    ecs.CapacityProvider(
        name,
        name=name,
        cluster=cluster.name,
        managed_instances_provider={
            "infrastructure_role_arn": f"arn:aws:iam::123456789012:role/{cluster_name}-infrastructure",
            "instance_launch_template": {
                "ec2_instance_profile_arn": f"arn:aws:iam::123456789012:instance-profile/{cluster_name}-instances",
                "network_configuration": {"subnets": [subnet.id for subnet in subnets]},
            },
        },
        opts=pulumi.ResourceOptions(depends_on=[providers]),
    )
execution_role, task_role = (
    role(f"{cluster_name}-{kind}", "ecs-tasks.amazonaws.com") for kind in ("execution", "task")
)

wanted = {family: described(family, given) for family, given in config.require_object("taskDefinitions").items()}
of_tasks = [arn for definition in wanted.values() for arn in roles_of(definition)]
executing = {given["executionRoleArn"] for given in wanted.values() if isinstance(given.get("executionRoleArn"), str)}
for arn in sorted({*of_tasks, *(config.get_object("roles") or [])}):
    path, _, name = arn.rpartition(":role")[2].rpartition("/")
    made = role(name, "ecs-tasks.amazonaws.com", f"{path}/")
    if arn in executing:
        let_log(name, made)
let_log(f"{cluster_name}-execution", execution_role)
log_groups = [
    cloudwatch.LogGroup(name, name=name, retention_in_days=30)
    for name in sorted({name for definition in wanted.values() for name in log_groups_of(definition)})
]
definitions = {family: registered(family, definition, log_groups) for family, definition in wanted.items()}

for name, given in config.require_object("services").items():
    service = {"taskDefinition": given} if isinstance(given, str) else given
    ecs.Service(
        name,
        name=name,
        cluster=cluster.arn,
        task_definition=definitions[service["taskDefinition"]].arn,
        desired_count=1,
        opts=pulumi.ResourceOptions(depends_on=[providers, *subnets, *groups]),
        **place_of(service),
    )

for name in config.get_object("policies") or []:
    iam.Policy(name, name=name, policy=policy(Action="*", Resource="*"))
for name in config.get_object("keys") or []:
    anybody = policy(Principal="*", Action="kms:*", Resource="*")
    kms.Key(name, policy=anybody, tags={"sandbox:id": name})
for arn in config.get_object("secrets") or {}:
    name, _, end = arn.rpartition(":")[2].rpartition("-")
    secretsmanager.Secret(name, name=name, recovery_window_in_days=0, tags={"sandbox:id": end})
for name in config.get_object("queues") or []:
    queue = sqs.Queue(name, name=name)
    may_send = policy(Principal={"Service": "sns.amazonaws.com"}, Action="sqs:SendMessage", Resource="*")
    sqs.QueuePolicy(name, queue_url=queue.url, policy=may_send)
for name in config.get_object("topics") or []:
    sns.Topic(name, name=name)
for name in config.get_object("functions") or []:
    of_function = role(f"{cluster_name}-{name}", "lambda.amazonaws.com")
    # A job's function tells the watch of its group how a run ended.
    tells = policy(Action="lambda:InvokeFunction", Resource=f"arn:*:lambda:{region}:*:function:*-watch")
    iam.RolePolicy(f"{name}-tells", role=of_function.name, policy=tells)
    lambda_.Function(
        name,
        name=name,
        role=of_function.arn,
        runtime="python3.13",
        handler="main.run",
        code=pulumi.AssetArchive({"main.py": pulumi.StringAsset("def run(event, context): ...\n")}),
    )

for arn, statements in (config.get_object("statements") or {}).items():
    granted = json.dumps({"Version": "2012-10-17", "Statement": statements})
    name = arn.rpartition("/")[2]
    iam.RolePolicy(f"{name}-statements", role=roles[name].name, policy=granted)

pulumi.export("clusterArn", cluster.arn)
