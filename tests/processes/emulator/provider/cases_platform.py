"""Cases of the platform that jobs run on: logs, clusters and networks."""

# ruff: noqa: ARG005 - each function takes what every case gives it; tokens are no passwords

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.processes.emulator.provider.case import Case, a_network, a_service_home, containers, two_gateways

if TYPE_CHECKING:
    from tests.processes.emulator.provider.harness import Deployed, Engine, Values


def _group_behind(boto: Any, deployed: Deployed) -> None:  # noqa: ANN401 - a function that gives boto3 clients
    open_door = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    boto("ec2").authorize_security_group_ingress(GroupId=deployed.id, IpPermissions=[open_door])


def _route_behind(boto: Any, deployed: Deployed) -> None:  # noqa: ANN401 - see above
    made = boto("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    boto("ec2").replace_route(
        RouteTableId=deployed.outputs["routeTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=made
    )


def _keep(most: int) -> str:
    """Return a lifecycle policy that keeps this many untagged images."""
    selection = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": most}
    return json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})


def _repository(engine: Engine) -> Values:
    """Create a repository of ECR."""
    return {"repository": engine.create("aws:ecr/repository:Repository", "r", {"name": "team/app"}).id}


_GROUP: Final = "arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:0a:autoScalingGroupName/machines"

PLATFORM: Final = [
    Case(
        "aws:ecr/repository:Repository",
        lambda needs: {
            "name": "jobs/report",
            "forceDelete": True,
            "imageScanningConfiguration": {"scanOnPush": True},
            "tags": {"a": "1"},
        },
        lambda needs: {
            "imageScanningConfiguration": {"scanOnPush": False},
            "imageTagMutability": "IMMUTABLE",
            "tags": {"b": "1"},
        },
        ("imageScanningConfiguration.scanOnPush", "imageTagMutability", "tags.a", "tags.b"),
        {"name": "other", "encryptionConfigurations": [{"encryptionType": "KMS"}]},
        lambda boto, it: boto("ecr").put_image_tag_mutability(repositoryName=it.id, imageTagMutability="IMMUTABLE"),
        ("imageTagMutability",),
        unknown=("forceDelete",),
    ),
    Case(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        lambda needs: {"repository": needs["repository"], "policy": _keep(5)},
        lambda needs: {},
        (),
        {"repository": "other", "policy": _keep(6)},
        needs=_repository,
        id=lambda it: "team/app",
    ),
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda needs: {"retentionInDays": 7, "tags": {"a": "1"}},
        lambda needs: {"retentionInDays": None, "tags": {"b": "1"}},
        ("retentionInDays", "tags.a", "tags.b"),
        {"name": "other", "logGroupClass": "INFREQUENT_ACCESS"},
        lambda boto, it: boto("logs").put_retention_policy(logGroupName=it.id, retentionInDays=30),
        ("retentionInDays",),
    ),
    Case(
        "aws:ecs/cluster:Cluster",
        lambda needs: {"name": "staging", "tags": {"a": "1"}},
        lambda needs: {"settings": [{"name": "containerInsights", "value": "enabled"}], "tags": {"a": "2"}},
        ("settings", "tags.a"),
        {"name": "other"},
        lambda boto, it: boto("ecs").tag_resource(resourceArn=it.id, tags=[{"key": "x", "value": "y"}]),
        ("tags.x",),
        import_id=lambda it: "staging",
        id=lambda it: it.outputs["arn"],
    ),
    Case(
        "aws:ecs/capacityProvider:CapacityProvider",
        lambda needs: {
            "name": "machines",
            "autoScalingGroupProvider": {"autoScalingGroupArn": _GROUP, "managedTerminationProtection": "ENABLED"},
            "tags": {"a": "1"},
        },
        lambda needs: {
            "autoScalingGroupProvider": {"autoScalingGroupArn": _GROUP, "managedTerminationProtection": "DISABLED"},
            "tags": {"b": "1"},
        },
        ("autoScalingGroupProvider.managedTerminationProtection", "tags.a", "tags.b"),
        {"name": "others"},
        lambda boto, it: boto("ecs").update_capacity_provider(
            name="machines", autoScalingGroupProvider={"managedTerminationProtection": "DISABLED"}
        ),
        ("autoScalingGroupProvider.managedTerminationProtection",),
        id=lambda it: it.outputs["arn"],
    ),
    Case(
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        lambda needs: {
            "clusterName": "staging",
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
            "defaultCapacityProviderStrategies": [
                {"capacityProvider": "FARGATE_SPOT", "weight": 1},
                {"capacityProvider": "FARGATE", "base": 1},
            ],
        },
        lambda needs: {"capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategies": None},
        ("capacityProviders", "defaultCapacityProviderStrategies"),
        {"clusterName": "other"},
        lambda boto, it: boto("ecs").put_cluster_capacity_providers(
            cluster="staging", capacityProviders=["FARGATE_SPOT", "FARGATE"], defaultCapacityProviderStrategy=[]
        ),
        ("defaultCapacityProviderStrategies",),
        a_service_home,
        id=lambda it: "staging",
    ),
    Case(
        "aws:ecs/taskDefinition:TaskDefinition",
        lambda needs: {
            "family": "web",
            "cpu": "256",
            "memory": "512",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "containerDefinitions": containers("a:1"),
            "volumes": [{"name": "v", "hostPath": "/x"}, {"name": "data", "configureAtLaunch": True}],
            "ephemeralStorage": {"sizeInGib": 30},
            "tags": {"a": "1"},
        },
        lambda needs: {"tags": {"a": "2"}},
        ("tags.a",),
        {"family": "other", "cpu": "512", "containerDefinitions": containers("a:2"), "taskRoleArn": "arn:x"},
        lambda boto, it: boto("ecs").tag_resource(resourceArn=it.outputs["arn"], tags=[{"key": "x", "value": "y"}]),
        ("tags.x",),
        import_id=lambda it: it.outputs["arn"],
        id=lambda it: "web",
    ),
    Case(
        "aws:ecs/service:Service",
        lambda needs: {
            "name": "web",
            "cluster": needs["cluster"],
            "taskDefinition": needs["first"],
            "desiredCount": 1,
            "launchType": "FARGATE",
            "networkConfiguration": {"subnets": [needs["subnet"]], "securityGroups": [needs["group"]]},
            "tags": {"a": "1"},
        },
        lambda needs: {"taskDefinition": needs["second"], "desiredCount": 2, "tags": {"b": "1"}},
        ("desiredCount", "tags.a", "tags.b", "taskDefinition"),
        {"name": "other", "cluster": "other", "launchType": "EC2", "schedulingStrategy": "DAEMON"},
        lambda boto, it: boto("ecs").update_service(cluster="staging", service="web", desiredCount=7),
        ("desiredCount",),
        a_service_home,
        import_id=lambda it: "staging/web",
        id=lambda it: it.outputs["arn"],
    ),
    Case(
        "aws:ec2/vpc:Vpc",
        lambda needs: {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True, "tags": {"a": "1"}},
        lambda needs: {"enableDnsHostnames": False, "tags": {"b": "1"}},
        ("enableDnsHostnames", "tags.a", "tags.b"),
        {"cidrBlock": "10.1.0.0/16"},
        lambda boto, it: boto("ec2").create_tags(Resources=[it.id], Tags=[{"Key": "x", "Value": "y"}]),
        ("tags.x",),
        id=lambda it: it.outputs["arn"].rsplit("/", 1)[-1],
    ),
    Case(
        "aws:ec2/subnet:Subnet",
        lambda needs: {"vpcId": needs["vpc"], "cidrBlock": "10.0.9.0/24", "tags": {"a": "1"}},
        lambda needs: {"mapPublicIpOnLaunch": True, "tags": {"b": "1"}},
        ("mapPublicIpOnLaunch", "tags.a", "tags.b"),
        {"vpcId": "other", "cidrBlock": "10.0.8.0/24", "availabilityZone": "eu-central-1z"},
        lambda boto, it: boto("ec2").modify_subnet_attribute(SubnetId=it.id, MapPublicIpOnLaunch={"Value": True}),
        ("mapPublicIpOnLaunch",),
        a_network,
        id=lambda it: it.outputs["arn"].rsplit("/", 1)[-1],
    ),
    Case(
        "aws:ec2/internetGateway:InternetGateway",
        lambda needs: {"vpcId": needs["vpc"], "tags": {"a": "1"}},
        lambda needs: {"tags": {"b": "1"}},
        ("tags.a", "tags.b"),
        {},
        lambda boto, it: boto("ec2").create_tags(Resources=[it.id], Tags=[{"Key": "x", "Value": "y"}]),
        ("tags.x",),
        a_network,
        id=lambda it: it.outputs["arn"].rsplit("/", 1)[-1],
    ),
    Case(
        "aws:ec2/route:Route",
        lambda needs: {
            "routeTableId": needs["table"],
            "destinationCidrBlock": "0.0.0.0/0",
            "gatewayId": needs["first"],
        },
        lambda needs: {"gatewayId": needs["second"]},
        ("gatewayId",),
        {"routeTableId": "other", "destinationCidrBlock": "10.9.0.0/16"},
        _route_behind,
        ("gatewayId",),
        two_gateways,
        import_id=lambda it: f"{it.outputs['routeTableId']}_0.0.0.0/0",
        id=lambda it: f"r-{it.outputs['routeTableId']}1080289494",
    ),
    Case(
        "aws:ec2/securityGroup:SecurityGroup",
        lambda needs: {
            "vpcId": needs["vpc"],
            "ingress": [
                {"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["10.1.0.0/16", "10.0.0.0/16"]}
            ],
            "egress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}],
        },
        lambda needs: {"ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "self": True}]},
        ("ingress",),
        {"name": "other", "vpcId": "other", "description": "other"},
        _group_behind,
        ("ingress",),
        a_network,
        id=lambda it: it.outputs["arn"].rsplit("/", 1)[-1],
    ),
    Case(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        lambda needs: {
            "securityGroupId": needs["group"],
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "cidrIpv4": "10.0.0.0/16",
            "description": "the cache",
            "tags": {"a": "1"},
        },
        lambda needs: {"toPort": 444, "description": "the registry", "tags": {"b": "1"}},
        ("description", "tags.a", "tags.b", "toPort"),
        {"securityGroupId": "other"},
        lambda boto, it: boto("ec2").create_tags(Resources=[it.id], Tags=[{"Key": "x", "Value": "y"}]),
        ("tags.x",),
        a_network,
        id=lambda it: it.outputs["securityGroupRuleId"],
    ),
    Case(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        lambda needs: {"securityGroupId": needs["group"], "ipProtocol": "-1", "cidrIpv6": "::/0", "tags": {"a": "1"}},
        lambda needs: {"tags": {"a": "2"}},
        ("tags.a",),
        needs=a_network,
        id=lambda it: it.outputs["arn"].rsplit("/", 1)[-1],
        variant="to everywhere",
    ),
]
