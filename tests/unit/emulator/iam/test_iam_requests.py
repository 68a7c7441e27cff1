"""Each call of a function is authorized with the requests that AWS evaluates for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from emulator.gateway.gateway import Call
from emulator.iam import iam_requests
from emulator.iam.policy_evaluation import Request
from tests.unit.emulator.dynamodb import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

START = "arn:aws-cn:{}:cn-north-1:123456789012:"
TABLE = START.format("dynamodb") + "table/"
QUEUE = START.format("sqs") + "dead"
FUNCTION = START.format("lambda") + "function:"
LOG = START.format("logs") + "log-group:/app:log-stream:"
PARAMETER = START.format("ssm") + "parameter/"
SCHEDULE = START.format("scheduler") + "schedule/"
CLUSTER = {"ecs:cluster": START.format("ecs") + "cluster/main"}
MACHINES, PROVIDER = (START.format("ecs") + f"capacity-provider/{name}" for name in ("machines", "other"))
SERVICE = START.format("ecs") + "service/main/"
TASK = START.format("ecs") + "task/main/"
REPOSITORY = START.format("ecr") + "repository/"
KMS = START.format("kms") + "key/"
SECRETS = START.format("secretsmanager") + "secret:"
URL = "http://127.0.0.1:1/123456789012/dead"
STREAM = {"logGroupName": "/app", "logStreamName": "s"}
KEY = {"pk": {"S": "jobs"}, "sk": {"S": "report"}}
OTHER = {"pk": {"S": "ticks"}, "sk": {"S": "report"}}
ITEM = {"TableName": "t", "Key": KEY}
LEADING = {"dynamodb:LeadingKeys": ["jobs"]}
LEADING_BOTH = {"dynamodb:LeadingKeys": ["jobs", "ticks"]}

CALLS: dict[str, tuple[dict[str, Any], list[Request]]] = {
    "cloudwatch:PutMetricData": (
        {"Namespace": "Jobs"},
        [Request("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "Jobs"})],
    ),
    "dynamodb:BatchGetItem": (
        {"RequestItems": {"t": {"Keys": [KEY, OTHER]}, TABLE + "u": {"Keys": [KEY]}}},
        [Request("dynamodb:BatchGetItem", TABLE + "t", LEADING_BOTH), Request("dynamodb:BatchGetItem", TABLE + "u")],
    ),
    "dynamodb:BatchWriteItem": (
        {
            "RequestItems": {
                "t": [{"PutRequest": {"Item": {**KEY, "n": {"N": "1"}}}}, {"DeleteRequest": {"Key": OTHER}}]
            }
        },
        [Request("dynamodb:BatchWriteItem", TABLE + "t", LEADING_BOTH)],
    ),
    "dynamodb:DeleteItem": (ITEM, [Request("dynamodb:DeleteItem", TABLE + "t", LEADING)]),
    "dynamodb:GetItem": (
        {"TableName": TABLE + "t", "Key": KEY},
        [Request("dynamodb:GetItem", TABLE + "t", LEADING)],
    ),
    "dynamodb:PutItem": ({"TableName": "t", "Item": KEY}, [Request("dynamodb:PutItem", TABLE + "t", LEADING)]),
    "dynamodb:Query": (
        {
            "TableName": "t",
            "IndexName": "i",
            "KeyConditionExpression": "#o = :o",
            "ExpressionAttributeNames": {"#o": "owner"},
            "ExpressionAttributeValues": {":o": {"S": "data"}},
        },
        [Request("dynamodb:Query", TABLE + "t/index/i", {"dynamodb:LeadingKeys": ["data"]})],
    ),
    "dynamodb:Scan": (ITEM, [Request("dynamodb:Scan", TABLE + "t")]),
    "dynamodb:TransactGetItems": (
        {"TransactItems": [{"Get": ITEM}]},
        [Request("dynamodb:GetItem", TABLE + "t", LEADING)],
    ),
    "dynamodb:TransactWriteItems": (
        {
            "TransactItems": [
                {"Put": {"TableName": "t", "Item": OTHER}},
                {"Update": ITEM},
                {"Delete": {"TableName": "u", "Key": KEY}},
                {"ConditionCheck": ITEM},
            ]
        },
        [
            Request("dynamodb:PutItem", TABLE + "t", {"dynamodb:LeadingKeys": ["ticks"]}),
            Request("dynamodb:UpdateItem", TABLE + "t", LEADING),
            Request("dynamodb:DeleteItem", TABLE + "u"),
            Request("dynamodb:ConditionCheckItem", TABLE + "t", LEADING),
        ],
    ),
    "dynamodb:UpdateItem": (ITEM, [Request("dynamodb:UpdateItem", TABLE + "t", LEADING)]),
    "ecs:DescribeClusters": (
        {"clusters": ["main", CLUSTER["ecs:cluster"]]},
        [Request("ecs:DescribeClusters", CLUSTER["ecs:cluster"])] * 2,
    ),
    "ecs:DescribeCapacityProviders": (
        {"capacityProviders": ["machines", PROVIDER]},
        [Request("ecs:DescribeCapacityProviders", one) for one in (MACHINES, PROVIDER)],
    ),
    "ecr:BatchGetImage": ({"repositoryName": "a/b"}, [Request("ecr:BatchGetImage", REPOSITORY + "a/b")]),
    "ecr:GetDownloadUrlForLayer": (
        {"registryId": "1", "repositoryName": "a"},
        [Request("ecr:GetDownloadUrlForLayer", "arn:aws-cn:ecr:cn-north-1:1:repository/a")],
    ),
    "ecr:GetRepositoryPolicy": ({"repositoryName": "a"}, [Request("ecr:GetRepositoryPolicy", REPOSITORY + "a")]),
    "ecs:DescribeServices": (
        {"cluster": "main", "services": ["web", SERVICE + "api"]},
        [Request("ecs:DescribeServices", SERVICE + name, CLUSTER) for name in ("web", "api")],
    ),
    "ecs:DescribeTaskDefinition": ({"taskDefinition": "app"}, [Request("ecs:DescribeTaskDefinition", "*")]),
    "ecs:DescribeTasks": (
        {"cluster": "main", "tasks": ["1f", TASK + "2f"]},
        [Request("ecs:DescribeTasks", TASK + "1f", CLUSTER), Request("ecs:DescribeTasks", TASK + "2f", CLUSTER)],
    ),
    "ecs:ListTasks": ({"cluster": CLUSTER["ecs:cluster"]}, [Request("ecs:ListTasks", "*", CLUSTER)]),
    "ecs:RunTask": ({"taskDefinition": "app"}, []),
    "ecs:StopTask": ({"task": "1f"}, []),
    "lambda:Invoke": ({"FunctionName": "watch"}, [Request("lambda:InvokeFunction", FUNCTION + "watch")]),
    "cloudwatch:DescribeAlarms": (
        {"AlarmNames": ["a"]},
        [Request("cloudwatch:DescribeAlarms", "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:*")],
    ),
    "dynamodb:DescribeTable": ({"TableName": "t"}, [Request("dynamodb:DescribeTable", TABLE + "t")]),
    "dynamodb:DescribeTimeToLive": ({"TableName": "t"}, [Request("dynamodb:DescribeTimeToLive", TABLE + "t")]),
    "events:DescribeRule": (
        {"Name": "r"},
        [Request("events:DescribeRule", "arn:aws-cn:events:cn-north-1:123456789012:rule/r")],
    ),
    "events:ListTargetsByRule": (
        {"Rule": "r"},
        [Request("events:ListTargetsByRule", "arn:aws-cn:events:cn-north-1:123456789012:rule/r")],
    ),
    "iam:GetRole": ({"RoleName": "r"}, [Request("iam:GetRole", "arn:aws-cn:iam::123456789012:role/r")]),
    "iam:GetRolePolicy": (
        {"RoleName": "r", "PolicyName": "p"},
        [Request("iam:GetRolePolicy", "arn:aws-cn:iam::123456789012:role/r")],
    ),
    "iam:ListRolePolicies": (
        {"RoleName": "r"},
        [Request("iam:ListRolePolicies", "arn:aws-cn:iam::123456789012:role/r")],
    ),
    "iam:SimulatePrincipalPolicy": (
        {"PolicySourceArn": "arn:r"},
        [Request("iam:SimulatePrincipalPolicy", "arn:r")],
    ),
    "kms:DescribeKey": ({"KeyId": "1f"}, [Request("kms:DescribeKey", KMS + "1f")]),
    "kms:GetKeyPolicy": ({"KeyId": KMS + "1f"}, [Request("kms:GetKeyPolicy", KMS + "1f")]),
    "lambda:GetFunctionConfiguration": (
        {"FunctionName": "watch"},
        [Request("lambda:GetFunctionConfiguration", FUNCTION + "watch")],
    ),
    **{
        f"lambda:{operation}": ({"FunctionName": "watch"}, [Request(f"lambda:{operation}", FUNCTION + "watch")])
        for operation in (
            "GetAlias",
            "GetFunction",
            "GetFunctionConcurrency",
            "GetFunctionEventInvokeConfig",
            "GetFunctionUrlConfig",
            "GetPolicy",
        )
    },
    "logs:CreateLogStream": (STREAM, [Request("logs:CreateLogStream", LOG + "s")]),
    "logs:FilterLogEvents": ({"logGroupName": "/app"}, [Request("logs:FilterLogEvents", LOG)]),
    "logs:GetLogEvents": (
        {"logGroupIdentifier": LOG.removesuffix(":log-stream:"), "logStreamName": "s"},
        [Request("logs:GetLogEvents", LOG + "s")],
    ),
    "logs:PutLogEvents": (STREAM, [Request("logs:PutLogEvents", LOG + "s")]),
    "scheduler:GetSchedule": ({"Name": "n"}, [Request("scheduler:GetSchedule", SCHEDULE + "default/n")]),
    "scheduler:ListSchedules": ({"GroupName": "g"}, [Request("scheduler:ListSchedules", SCHEDULE + "*/*")]),
    **{
        f"scheduler:{action}": (
            {"GroupName": "g", "Name": "n", "Target": {"RoleArn": "arn:aws:iam::1:role/r"}},
            [
                Request(f"scheduler:{action}", SCHEDULE + "g/n"),
                Request("iam:PassRole", "arn:aws:iam::1:role/r", {"iam:PassedToService": "scheduler.amazonaws.com"}),
            ],
        )
        for action in ("CreateSchedule", "UpdateSchedule")
    },
    "sns:GetTopicAttributes": ({"TopicArn": "arn:t"}, [Request("sns:GetTopicAttributes", "arn:t")]),
    "scheduler:UpdateSchedule": (
        {"GroupName": "g", "Name": "n", "Target": {"RoleArn": "arn:aws:iam::1:role/r"}},
        [
            Request("scheduler:UpdateSchedule", SCHEDULE + "g/n"),
            Request("iam:PassRole", "arn:aws:iam::1:role/r", {"iam:PassedToService": "scheduler.amazonaws.com"}),
        ],
    ),
    "secretsmanager:DescribeSecret": (
        {"SecretId": SECRETS + "db-AbCdEf"},
        [Request("secretsmanager:DescribeSecret", SECRETS + "db-AbCdEf")],
    ),
    "secretsmanager:GetResourcePolicy": (
        {"SecretId": "db"},
        [Request("secretsmanager:GetResourcePolicy", SECRETS + "db")],
    ),
    "secretsmanager:GetSecretValue": (
        {"SecretId": "db", "VersionStage": "AWSPREVIOUS"},
        [Request("secretsmanager:GetSecretValue", SECRETS + "db", {"secretsmanager:VersionStage": "AWSPREVIOUS"})],
    ),
    "sns:ListSubscriptionsByTopic": ({"TopicArn": "arn:t"}, [Request("sns:ListSubscriptionsByTopic", "arn:t")]),
    "sns:Publish": ({"TopicArn": "arn:t"}, [Request("sns:Publish", "arn:t")]),
    "sns:PublishBatch": ({"TopicArn": "arn:t"}, [Request("sns:Publish", "arn:t")]),
    "sqs:ChangeMessageVisibility": ({"QueueUrl": URL}, [Request("sqs:ChangeMessageVisibility", QUEUE)]),
    "sqs:ChangeMessageVisibilityBatch": ({"QueueUrl": URL}, [Request("sqs:ChangeMessageVisibility", QUEUE)]),
    "sqs:DeleteMessage": ({"QueueUrl": URL}, [Request("sqs:DeleteMessage", QUEUE)]),
    "sqs:DeleteMessageBatch": ({"QueueUrl": URL}, [Request("sqs:DeleteMessage", QUEUE)]),
    "sqs:GetQueueAttributes": ({"QueueUrl": URL}, [Request("sqs:GetQueueAttributes", QUEUE)]),
    "sqs:GetQueueUrl": ({"QueueName": "dead"}, [Request("sqs:GetQueueUrl", QUEUE)]),
    "sqs:ReceiveMessage": ({"QueueUrl": URL}, [Request("sqs:ReceiveMessage", QUEUE)]),
    "sqs:SendMessage": ({"QueueUrl": URL}, [Request("sqs:SendMessage", QUEUE)]),
    "sqs:SendMessageBatch": ({"QueueUrl": URL}, [Request("sqs:SendMessage", QUEUE)]),
    "ssm:DeleteParameter": ({"Name": "p"}, [Request("ssm:DeleteParameter", PARAMETER + "p")]),
    "ssm:GetParameter": ({"Name": "/a/p"}, [Request("ssm:GetParameter", PARAMETER + "a/p")]),
    "ssm:GetParameters": (
        {"Names": ["p", "/a/p"]},
        [Request("ssm:GetParameters", PARAMETER + "p"), Request("ssm:GetParameters", PARAMETER + "a/p")],
    ),
    "ssm:GetParametersByPath": ({"Path": "/a/b"}, [Request("ssm:GetParametersByPath", PARAMETER + "a/b")]),
    "ssm:PutParameter": ({"Name": "/a/p"}, [Request("ssm:PutParameter", PARAMETER + "a/p")]),
    "sts:AssumeRole": ({"RoleArn": "arn:r"}, [Request("sts:AssumeRole", "arn:r")]),
    "sts:GetCallerIdentity": ({}, []),
}


@pytest.fixture(autouse=True, scope="module")
def table() -> Iterator[None]:
    """Create the table `t`, and none with the name `u`."""
    with mock_aws():
        tables.create()
        yield


def asked(name: str, params: dict[str, Any]) -> list[Request]:
    """Return the IAM requests of a call in China, where ARNs have another prefix."""
    service, operation = name.split(":")
    return iam_requests.about(Call(service, operation, params, "123456789012", "cn-north-1", "aws-cn"))


@pytest.mark.parametrize("name", CALLS)
def test_requests(name: str) -> None:
    """A call needs exactly these actions on these resources, with these condition keys."""
    params, requests = CALLS[name]
    assert asked(name, params) == requests


def test_names_that_are_no_arns() -> None:
    """A secret can be named without the end of its ARN, and a key by its alias: AWS asks about what they stand for."""
    kms, secrets = (boto3.client(name, region_name="cn-north-1") for name in ("kms", "secretsmanager"))
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/own", TargetKeyId=key)
    secret = secrets.create_secret(Name="own", SecretString="s")["ARN"]
    assert asked("secretsmanager:DescribeSecret", {"SecretId": "own"})[0].resource == secret
    for name in ("alias/own", START.format("kms") + "alias/own"):
        assert asked("kms:DescribeKey", {"KeyId": name})[0].resource == KMS + key


def test_all_are_tested() -> None:
    """Every known operation is in the table above."""
    assert set(iam_requests._OPERATIONS) == set(CALLS)


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("ecs:ListClusters", "ecs:ListClusters"),
        ("secretsmanager:ListSecrets", "secretsmanager:ListSecrets"),
        ("cloudwatch:GetMetricData", "cloudwatch:GetMetricData"),
        ("stepfunctions:StartExecution", "states:StartExecution"),
        ("sesv2:SendEmail", "ses:SendEmail"),
    ],
)
def test_unknown(operation: str, action: str) -> None:
    """An operation that is not listed must be allowed on every resource, by its action's name."""
    assert [(request.action, request.resource) for request in asked(operation, {})] == [(action, "*")]
