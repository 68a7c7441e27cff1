"""The functions return the shapes of pulumi_aws's result types."""

from __future__ import annotations

import importlib
import inspect
import json
import warnings
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

import pytest

from emulator.provider import registry
from tests.processes.emulator.provider.case import (
    FUNCTION,
    SQS,
    TOPIC,
    Case,
    a_function,
    a_service_home,
    an_archive,
    policy,
    trust,
)
from tests.processes.emulator.provider.cases import CASES
from tests.processes.emulator.provider.harness import AbortedError, Engine
from tests.processes.emulator.provider.test_resources import camel

if TYPE_CHECKING:
    from collections.abc import Callable

CLOUD_CONTROL = "aws:cloudcontrol/getResource:getResource"

TABLE_ITEM = "aws:dynamodb/getTableItem:getTableItem"
ITEM = {
    "tableName": "ledger",
    "hashKey": "pk",
    "rangeKey": "sk",
    "item": '{"body":{"S":"{}"},"pk":{"S":"watch"},"sk":{"S":"looked"}}',
}
SIMULATION = "aws:iam/getPrincipalPolicySimulation:getPrincipalPolicySimulation"
NOT_SIMULATED = (
    "additionalPoliciesJsons",
    "callerArn",
    "contexts",
    "permissionsBoundaryPoliciesJsons",
    "resourceArns",
    "resourceHandlingOption",
    "resourceOwnerAccountId",
    "resourcePolicyJson",
)
"""The arguments of a simulation that can be left out, and are members of its result."""
IMAGE = "aws:ecr/getImage:getImage"
SECRET = "aws:secretsmanager/getSecret:getSecret"  # noqa: S105 - the name of a function
TOKEN = "aws:ecr/getAuthorizationToken:getAuthorizationToken"  # noqa: S105 - the name of a function

Asked = dict[str, dict[str, Any]]


def result_properties(token: str) -> set[str]:
    """Return the properties of pulumi_aws's result type for the function `token`."""
    _, module, name = token.split(":")
    path = module.split("/")[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of other types of the package
        path = f"{path}_" if iskeyword(path) else path
        package = importlib.import_module("pulumi_aws" if path == "index" else f"pulumi_aws.{path}")
        result = getattr(package, f"{name[0].upper()}{name[1:]}Result")
    return {camel(parameter) for parameter in inspect.signature(result).parameters if parameter != "__self__"}


def push_image(boto: Callable[[str], Any]) -> None:
    """Make the repository `web` with an image that has the tag 1.4."""
    kind = "application/vnd.oci.image.manifest.v1+json"
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + "0a" * 32, "size": 2}
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}
    boto("ecr").create_repository(repositoryName="web")
    boto("ecr").put_image(repositoryName="web", imageManifest=json.dumps(manifest), imageTag="1.4")


@pytest.fixture
def asked(engine: Engine, boto: Callable[[str], Any]) -> Asked:
    """Deploy one resource of each kind, and return the arguments that read them."""
    home = a_service_home(engine)
    network = {"subnets": [home["subnet"]], "securityGroups": [home["group"]]}
    strategy = [{"capacityProvider": "FARGATE", "weight": 1}]
    web = {"name": "web", "cluster": home["cluster"], "taskDefinition": home["first"], "desiredCount": 2}
    engine.create("aws:ecs/service:Service", "w", {**web, "networkConfiguration": network})
    engine.create(SQS, "q", {"name": "q"})
    engine.create(TOPIC, "t", {"name": "t", "tags": {"a": "1"}})
    engine.create("aws:iam/role:Role", "r", {"name": "r", "assumeRolePolicy": trust("x"), "path": "/p/"})
    boundary = engine.create("aws:iam/policy:Policy", "p", {"name": "p", "policy": policy("s3:GetObject")})
    role = engine.create("aws:iam/role:Role", "f", {"name": "f", "assumeRolePolicy": trust("lambda.amazonaws.com")})
    code = {"handler": "main.run", "runtime": "python3.13", "code": an_archive(main="def run(): ...")}
    engine.create(FUNCTION, "f", {"name": "f", "role": role.outputs["arn"], "tags": {"a": "1"}, **code})
    keys = [{"name": name, "type": "S"} for name in ("pk", "sk")]
    table = {"name": "ledger", "hashKey": "pk", "rangeKey": "sk", "attributes": keys, "billingMode": "PAY_PER_REQUEST"}
    engine.create("aws:dynamodb/table:Table", "l", table)
    engine.create("aws:dynamodb/tableItem:TableItem", "i", ITEM)
    key = engine.create("aws:kms/key:Key", "k", {"description": "Jobs"})
    push_image(boto)
    tags = [{"Key": "a", "Value": "1"}]
    secret = boto("secretsmanager").create_secret(Name="db", SecretString="s", Description="Of a shop", Tags=tags)
    del strategy
    return {
        CLOUD_CONTROL: {"typeName": "AWS::ECS::Cluster", "identifier": "staging"},
        TABLE_ITEM: {"tableName": "ledger", "key": '{"pk": {"S": "watch"}, "sk": {"S": "looked"}}'},
        "aws:ec2/getSecurityGroup:getSecurityGroup": {"id": home["group"]},
        "aws:ec2/getSubnet:getSubnet": {"id": home["subnet"]},
        IMAGE: {"repositoryName": "web", "imageTag": "1.4"},
        TOKEN: {"registryId": "123456789012"},
        "aws:ecs/getCluster:getCluster": {"clusterName": "staging"},
        "aws:ecs/getService:getService": {"clusterArn": home["cluster"], "serviceName": "web"},
        "aws:ecs/getTaskDefinition:getTaskDefinition": {"taskDefinition": "web"},
        "aws:iam/getPolicy:getPolicy": {"arn": boundary.outputs["arn"]},
        SIMULATION: {"actionNames": ["s3:GetObject"], "policySourceArn": role.outputs["arn"]},
        "aws:iam/getRole:getRole": {"name": "r"},
        "aws:index/getCallerIdentity:getCallerIdentity": {},
        "aws:index/getPartition:getPartition": {},
        "aws:index/getRegion:getRegion": {},
        "aws:kms/getKey:getKey": {"keyId": key.outputs["arn"]},
        "aws:lambda/getFunction:getFunction": {"functionName": "f"},
        SECRET: {"arn": secret["ARN"]},
        "aws:sns/getTopic:getTopic": {"name": "t"},
        "aws:sqs/getQueue:getQueue": {"name": "q"},
        "aws:ssm/getParametersByPath:getParametersByPath": {"path": "/jobs"},
    }


@pytest.mark.parametrize("token", registry.FUNCTIONS)
def test_result_has_the_shape_of_the_sdk(engine: Engine, asked: Asked, token: str) -> None:
    """A result has every property of the SDK's result type, and no other."""
    optional = {"filters", "qualifier", "roleArn", "typeVersionId", *NOT_SIMULATED}

    result = engine.invoke(token, **asked[token])

    assert result.keys() | optional == result_properties(token) | optional
    assert result["id"]


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (CLOUD_CONTROL, {"identifier": "staging", "id": "staging"}),
        (TABLE_ITEM, {"item": ITEM["item"], "tableName": "ledger", "id": "ledger|watch|looked"}),
        (IMAGE, {"imageTag": "1.4", "imageTags": ["1.4"], "registryId": "123456789012", "repositoryName": "web"}),
        (TOKEN, {"userName": "AWS", "proxyEndpoint": "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com"}),
        ("aws:ecs/getCluster:getCluster", {"status": "ACTIVE", "clusterName": "staging"}),
        ("aws:ecs/getService:getService", {"serviceName": "web", "desiredCount": 2, "launchType": "EC2"}),
        ("aws:ecs/getTaskDefinition:getTaskDefinition", {"family": "web", "revision": 2, "status": "ACTIVE"}),
        ("aws:iam/getRole:getRole", {"arn": "arn:aws:iam::123456789012:role/p/r", "path": "/p/"}),
        (
            "aws:iam/getPolicy:getPolicy",
            {"arn": "arn:aws:iam::123456789012:policy/p", "name": "p", "policy": policy("s3:GetObject")},
        ),
        ("aws:index/getCallerIdentity:getCallerIdentity", {"accountId": "123456789012"}),
        (
            "aws:kms/getKey:getKey",
            {"keyState": "Enabled", "keySpec": "SYMMETRIC_DEFAULT", "keyManager": "CUSTOMER", "description": "Jobs"},
        ),
        (
            "aws:lambda/getFunction:getFunction",
            {"arn": "arn:aws:lambda:eu-central-1:123456789012:function:f", "runtime": "python3.13", "tags": {"a": "1"}},
        ),
        (SECRET, {"name": "db", "description": "Of a shop", "kmsKeyId": "", "policy": "", "tags": {"a": "1"}}),
        (SIMULATION, {"allAllowed": False}),
        ("aws:sns/getTopic:getTopic", {"tags": {"a": "1"}, "region": "eu-central-1"}),
        ("aws:sqs/getQueue:getQueue", {"arn": "arn:aws:sqs:eu-central-1:123456789012:q"}),
        ("aws:ec2/getSubnet:getSubnet", {"cidrBlock": "10.0.0.0/24", "state": "available"}),
        ("aws:ec2/getSecurityGroup:getSecurityGroup", {"name": "sg", "description": "Managed by Pulumi"}),
        (
            "aws:index/getPartition:getPartition",
            {"partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws", "id": "aws"},
        ),
        (
            "aws:index/getRegion:getRegion",
            {
                "region": "eu-central-1",
                "endpoint": "ec2.eu-central-1.amazonaws.com",
                "description": "Europe (Frankfurt)",
            },
        ),
    ],
    ids=lambda value: value.rsplit(":", 1)[-1] if isinstance(value, str) else "",
)
def test_results(engine: Engine, asked: Asked, token: str, expected: dict[str, Any]) -> None:
    """Results have the values of the deployed resources."""
    result = engine.invoke(token, **asked[token])

    assert {key: result[key] for key in expected} == expected


def test_image_is_found_by_its_digest(engine: Engine, asked: Asked) -> None:
    """Tag and digest name the same image; another tag is an error with AWS's reason."""
    by_tag = engine.invoke(IMAGE, **asked[IMAGE])
    by_digest = engine.invoke(IMAGE, repositoryName="web", imageDigest=by_tag["imageDigest"])
    assert by_digest["imageUri"] == by_tag["imageUri"]
    assert by_tag["imageUri"].endswith(f"/web@{by_tag['imageDigest']}")
    with pytest.raises(AbortedError, match="ImageNotFoundException"):
        engine.invoke(IMAGE, repositoryName="web", imageTag="1.5")


def test_secret(engine: Engine, asked: Asked, boto: Callable[[str], Any]) -> None:
    """It is found by its ARN or its name, with its policy. One that waits for its deletion is not found."""
    client, arn = boto("secretsmanager"), asked[SECRET]["arn"]
    client.put_resource_policy(SecretId=arn, ResourcePolicy=policy("secretsmanager:GetSecretValue"))
    by_arn = engine.invoke(SECRET, arn=arn)
    assert by_arn == engine.invoke(SECRET, name="db")
    assert (by_arn["arn"], by_arn["id"]) == (arn, arn)
    assert by_arn["policy"] == policy("secretsmanager:GetSecretValue")
    client.delete_secret(SecretId=arn)
    with pytest.raises(AbortedError, match=rf"reading Secrets Manager Secret \({arn}\): couldn't find resource"):
        engine.invoke(SECRET, arn=arn)


def test_item_that_does_not_exist(engine: Engine, asked: Asked) -> None:
    """A key without an item is an error that names table and key, in the real provider's words."""
    key = '{"pk": {"S": "watch"}, "sk": {"S": "other"}}'
    with pytest.raises(
        AbortedError, match=r"reading DynamoDB Table Item \(ledger\|watch\|other\): couldn't find resource"
    ):
        engine.invoke(TABLE_ITEM, tableName=asked[TABLE_ITEM]["tableName"], key=key)


def test_service_tells_a_placement(engine: Engine, asked: Asked) -> None:
    """A service's result has its network and task definition, and the containers as JSON text."""
    service = engine.invoke("aws:ecs/getService:getService", **asked["aws:ecs/getService:getService"])
    network = service["networkConfigurations"][0]
    definition = engine.invoke("aws:ecs/getTaskDefinition:getTaskDefinition", taskDefinition=service["taskDefinition"])

    assert network["subnets"] == [asked["aws:ec2/getSubnet:getSubnet"]["id"]]
    assert network["securityGroups"] == [asked["aws:ec2/getSecurityGroup:getSecurityGroup"]["id"]]
    assert network["assignPublicIp"] is False
    assert [container["name"] for container in json.loads(definition["containerDefinitions"])] == ["app"]


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [("cn-north-1", "aws-cn", "amazonaws.com.cn"), ("us-gov-west-1", "aws-us-gov", "amazonaws.com")],
    ids=["China", "GovCloud"],
)
def test_partition_follows_the_region(engine: Engine, region: str, partition: str, suffix: str) -> None:
    """The partition is that of the region that is read."""
    found = engine.invoke("aws:index/getPartition:getPartition", region=region)

    assert (found["partition"], found["dnsSuffix"]) == (partition, suffix)


@pytest.mark.parametrize("by", ["name", "ARN"])
def test_capacity_of_a_cluster(engine: Engine, boto: Callable[[str], Any], by: str) -> None:
    """The Cloud Control API tells the capacity providers and the default strategy of a cluster, and its settings."""
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 2}, {"capacityProvider": "FARGATE", "base": 1}]
    log = {"executeCommandConfiguration": {"logging": "OVERRIDE", "logConfiguration": {"s3EncryptionEnabled": True}}}
    made = boto("ecs").create_cluster(
        clusterName="batch",
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        configuration=log,
        defaultCapacityProviderStrategy=strategy,
        settings=[{"name": "containerInsights", "value": "enabled"}],
        tags=[{"key": "a", "value": "1"}],
    )["cluster"]
    identifier = {"name": "batch", "ARN": made["clusterArn"]}[by]

    found = engine.invoke(CLOUD_CONTROL, typeName="AWS::ECS::Cluster", identifier=identifier)

    assert found["id"] == "batch"
    assert json.loads(found["properties"]) == {
        "Arn": made["clusterArn"],
        "CapacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "ClusterName": "batch",
        "ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}],
        "Configuration": {
            "ExecuteCommandConfiguration": {"Logging": "OVERRIDE", "LogConfiguration": {"S3EncryptionEnabled": True}}
        },
        "DefaultCapacityProviderStrategy": [
            {"CapacityProvider": "FARGATE_SPOT", "Base": 0, "Weight": 2},
            {"CapacityProvider": "FARGATE", "Base": 1, "Weight": 0},
        ],
        "Tags": [{"Key": "a", "Value": "1"}],
    }


def test_capacity_providers(engine: Engine, boto: Callable[[str], Any]) -> None:
    """The Cloud Control API tells whether a capacity provider has an Auto Scaling group or Managed Instances."""
    engine.create("aws:ecs/cluster:Cluster", "c", {"name": "batch"})
    group = {"autoScalingGroupArn": "arn:aws:autoscaling:eu-central-1:1:autoScalingGroup:0a:autoScalingGroupName/m"}
    managed = {
        "infrastructureRoleArn": "arn:aws:iam::123456789012:role/infrastructure",
        "instanceLaunchTemplate": {
            "ec2InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/m",
            "networkConfiguration": {"subnets": ["subnet-1"]},
        },
    }
    boto("ecs").create_capacity_provider(name="machines", autoScalingGroupProvider=group)
    boto("ecs").create_capacity_provider(name="managed", cluster="batch", managedInstancesProvider=managed)

    kind = "AWS::ECS::CapacityProvider"
    machines = json.loads(engine.invoke(CLOUD_CONTROL, typeName=kind, identifier="machines")["properties"])
    assert machines["AutoScalingGroupProvider"]["AutoScalingGroupArn"] == group["autoScalingGroupArn"]
    assert not {"ManagedInstancesProvider", "ClusterName"} & machines.keys()
    assert json.loads(engine.invoke(CLOUD_CONTROL, typeName=kind, identifier="managed")["properties"]) == {
        "ClusterName": "batch",
        "ManagedInstancesProvider": {
            "InfrastructureRoleArn": managed["infrastructureRoleArn"],
            "InstanceLaunchTemplate": {
                "Ec2InstanceProfileArn": "arn:aws:iam::123456789012:instance-profile/m",
                "NetworkConfiguration": {"Subnets": ["subnet-1"]},
            },
        },
        "Name": "managed",
        "Tags": [],
    }


def test_cluster_without_capacity(engine: Engine) -> None:
    """A cluster without capacity providers has empty lists of them."""
    engine.create("aws:ecs/cluster:Cluster", "c", {"name": "plain"})

    found = engine.invoke(CLOUD_CONTROL, typeName="AWS::ECS::Cluster", identifier="plain")

    properties = json.loads(found["properties"])
    assert (properties["CapacityProviders"], properties["DefaultCapacityProviderStrategy"]) == ([], [])


def test_schedule_group(engine: Engine) -> None:
    """The Cloud Control API tells a schedule group with its tags."""
    group = engine.create("aws:scheduler/scheduleGroup:ScheduleGroup", "g", {"name": "jobs", "tags": {"a": "1"}})

    found = engine.invoke(CLOUD_CONTROL, typeName="AWS::Scheduler::ScheduleGroup", identifier="jobs")

    assert json.loads(found["properties"]) == {
        "Arn": group.outputs["arn"],
        "CreationDate": group.outputs["creationDate"],
        "LastModificationDate": group.outputs["lastModificationDate"],
        "Name": "jobs",
        "State": "ACTIVE",
        "Tags": [{"Key": "a", "Value": "1"}],
    }


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(
            {"typeName": "AWS::S3::Bucket"},
            "has no type 'AWS::S3::Bucket'; it must be one of: AWS::ECS::CapacityProvider, AWS::ECS::Cluster, AWS::Sch",
            id="type",
        ),
        pytest.param({"typeName": "AWS::ECS::Cluster", "roleArn": "r"}, "has no argument 'roleArn'", id="role"),
    ],
)
def test_what_cloud_control_cannot_do(engine: Engine, args: dict[str, str], message: str) -> None:
    """An unknown type, or an argument that the sandbox does not support, is an error that names it."""
    with pytest.raises(AbortedError, match=message):
        engine.invoke(CLOUD_CONTROL, identifier="x", **args)


@pytest.mark.parametrize(
    ("token", "args", "message"),
    [
        (
            CLOUD_CONTROL,
            {"typeName": "AWS::ECS::Cluster", "identifier": "x"},
            r"reading Cloud Control API \(AWS::ECS::Cluster\) Resource \(x\): couldn't find resource",
        ),
        (
            CLOUD_CONTROL,
            {"typeName": "AWS::Scheduler::ScheduleGroup", "identifier": "x"},
            r"reading Cloud Control API \(AWS::Scheduler::ScheduleGroup\) Resource \(x\): couldn't find resource",
        ),
        (
            TABLE_ITEM,
            {"tableName": "ledger", "key": '{"pk": {"S": "x"}, "sk": {"S": "y"}}'},
            r"reading DynamoDB Table Item \(ledger\): ResourceNotFoundException: ",
        ),
        ("aws:ecs/getCluster:getCluster", {"clusterName": "x"}, r"reading ECS Cluster \(x\): couldn't find resource"),
        (
            "aws:ecs/getService:getService",
            {"clusterArn": "x", "serviceName": "web"},
            r"reading ECS Service \(web\): couldn't find resource",
        ),
        (
            "aws:ecs/getTaskDefinition:getTaskDefinition",
            {"taskDefinition": "x"},
            r"reading ECS Task Definition \(x\): ClientException: ",
        ),
        ("aws:iam/getRole:getRole", {"name": "x"}, r"reading IAM Role \(x\): NoSuchEntity: "),
        (
            "aws:iam/getPolicy:getPolicy",
            {"arn": "arn:aws:iam::123456789012:policy/x"},
            r"reading IAM Policy \(arn:aws:iam::123456789012:policy/x\): NoSuchEntity: ",
        ),
        ("aws:iam/getPolicy:getPolicy", {"name": "x"}, "is read by its arn only"),
        (
            "aws:lambda/getFunction:getFunction",
            {"functionName": "x"},
            r"reading Lambda Function \(x\): ResourceNotFoundException: ",
        ),
        (
            "aws:lambda/getFunction:getFunction",
            {"functionName": "f", "qualifier": "7"},
            r"reading Lambda Function \(f\): ResourceNotFoundException: Function not found: arn:.*:f:7",
        ),
        (
            SIMULATION,
            {"actionNames": ["s3:GetObject"], "policySourceArn": "arn:aws:iam::123456789012:role/x"},
            r"reading IAM Principal Policy Simulation \(arn:aws:iam::123456789012:role/x\): NoSuchEntity",
        ),
        (
            "aws:ec2/getSubnet:getSubnet",
            {"id": "subnet-0"},
            r"reading EC2 Subnet \(subnet-0\): InvalidSubnetID.NotFound: ",
        ),
        ("aws:ec2/getSubnet:getSubnet", {"vpcId": "vpc-0"}, "no matching EC2 Subnet found"),
        ("aws:ec2/getSubnet:getSubnet", {}, "multiple EC2 Subnets matched"),
        (
            "aws:ec2/getSecurityGroup:getSecurityGroup",
            {"id": "sg-0"},
            r"reading EC2 Security Group \(sg-0\): InvalidGroup.NotFound: ",
        ),
        (SECRET, {"name": "x"}, r"reading Secrets Manager Secret \(x\): couldn't find resource"),
        ("aws:sns/getTopic:getTopic", {"name": "x"}, r"reading SNS Topic \(x\): empty result"),
        ("aws:sqs/getQueue:getQueue", {"name": "x"}, r"reading SQS Queue URL \(x\): "),
    ],
    ids=[
        "cluster by Cloud Control",
        "group",
        "item of no table",
        "cluster",
        "service",
        "definition",
        "role",
        "policy",
        "policy by its name",
        "function",
        "version of a function",
        "role that is simulated",
        "subnet",
        "no subnet",
        "many subnets",
        "security group",
        "secret",
        "topic",
        "queue",
    ],
)
def test_what_does_not_exist(engine: Engine, token: str, args: dict[str, str], message: str) -> None:
    """A missing resource is an error that names it, in the real provider's words."""
    with pytest.raises(AbortedError, match=message):
        engine.invoke(token, **args)


@pytest.mark.parametrize("case", [case for case in CASES if case.token.startswith("aws:ecs/cluster:")], ids=["cluster"])
def test_deleted_cluster_is_not_found(engine: Engine, case: Case) -> None:
    """A cluster that ECS still shows as inactive is not found. The provider tells only its status."""
    engine.delete(engine.create(case.token, "c", {"name": "gone"}))

    with pytest.raises(AbortedError, match=r"reading ECS Cluster \(gone\): INACTIVE"):
        engine.invoke("aws:ecs/getCluster:getCluster", clusterName="gone")


LAMBDA = "aws:lambda/getFunction:getFunction"
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:f"


def test_function_by_qualifier(engine: Engine) -> None:
    """A function is read by a version or an alias; without one, its latest version that is published is read."""
    a_function(engine, publish=True, timeout=5)
    engine.create("aws:lambda/alias:Alias", "a", {"functionName": "f", "name": "jobs", "functionVersion": "$LATEST"})
    found = {
        qualifier: engine.invoke(LAMBDA, functionName="f", **({"qualifier": qualifier} if qualifier else {}))
        for qualifier in ("", "1", "$LATEST", "jobs")
    }
    assert {one: (it["arn"], it["qualifiedArn"], it["version"]) for one, it in found.items()} == {
        "": (ARN, f"{ARN}:1", "1"),
        "1": (ARN, f"{ARN}:1", "1"),
        "$LATEST": (ARN, f"{ARN}:$LATEST", "$LATEST"),
        "jobs": (ARN, f"{ARN}:jobs", "$LATEST"),
    }


def test_simulation(engine: Engine) -> None:
    """A simulation tells the decision about each action, whether all are allowed, and which keys it lacks."""
    role = engine.create("aws:iam/role:Role", "f", {"name": "f", "assumeRolePolicy": trust("lambda.amazonaws.com")})
    document = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    condition = {"StringEquals": {"aws:ResourceAccount": "123456789012"}}
    text = json.dumps({"Version": "2012-10-17", "Statement": [{**document, "Condition": condition}]})
    engine.create("aws:iam/rolePolicy:RolePolicy", "p", {"name": "f", "role": role.id, "policy": text})
    asked = {"policySourceArn": role.outputs["arn"], "resourceArns": ["arn:aws:sqs:eu-central-1:123456789012:q"]}
    context = {"key": "aws:ResourceAccount", "type": "string", "values": ["123456789012"]}
    both = engine.invoke(SIMULATION, **asked, actionNames=["sqs:SendMessage", "sqs:DeleteQueue"], contexts=[context])
    assert [(one["actionName"], one["decision"], one["allowed"]) for one in both["results"]] == [
        ("sqs:SendMessage", "allowed", True),
        ("sqs:DeleteQueue", "implicitDeny", False),
    ]
    one = engine.invoke(SIMULATION, **asked, actionNames=["sqs:SendMessage"], contexts=[context])
    assert (both["allAllowed"], one["allAllowed"]) == (False, True)
