"""The statements that the policies of the watch and of the supervisor share. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from components import key_use
from components.statements import POLICY_VERSION, Statement, allow
from watch.table import DEPLOYED

if TYPE_CHECKING:
    from collections.abc import Sequence

POLLING = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
"""What Lambda does on a queue with a function's role (Lambda Developer Guide, "Using Lambda with Amazon SQS")."""


def trust_policy() -> dict[str, Any]:
    """Return the policy that lets Lambda run functions with the role."""
    return {
        "Version": POLICY_VERSION,
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }


def keep_ledger(table_arn: str, *, lists: bool) -> list[Statement]:
    """Return the statements for reading the ledger, and for writing all of it but the jobs' items.

    `lists` says whether the function lists records too, or reads only those whose names it knows.
    """
    listing = ["dynamodb:Query"] if lists else []
    return [
        allow("KeepLedger", ["dynamodb:BatchGetItem", "dynamodb:PutItem", *listing], table_arn),
        {
            "Sid": "LeaveJobsItemsAlone",
            "Effect": "Deny",
            "Action": "dynamodb:PutItem",
            "Resource": table_arn,
            "Condition": {"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": [DEPLOYED]}},
        },
    ]


def write_log(log_group_arn: str) -> Statement:
    """Return the statement for writing the function's own log."""
    return allow("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{log_group_arn}:log-stream:*")


def settle_claims(table_arn: str) -> Statement:
    """Return the statement for reading claims, and for writing that a run is to stop, or that its holder is lost."""
    return allow("SettleClaims", ["dynamodb:GetItem", "dynamodb:UpdateItem"], table_arn)


NETWORKING = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
"""What Lambda does with the role of a function in a VPC (Lambda Developer Guide, "Required IAM permissions")."""


def join_network(function_arn: str) -> list[Statement]:
    """Return the statements with which Lambda makes the interfaces of a function in a VPC, and its code does not.

    Lambda needs the actions on all resources, and lets a condition tell its own calls from those of the code (Lambda
    Developer Guide, same section).
    """
    return [
        allow("JoinNetwork", NETWORKING, "*"),
        {
            "Sid": "LeaveNetworkToLambda",
            "Effect": "Deny",
            "Action": list(NETWORKING),
            "Resource": "*",
            "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": function_arn}},
        },
    ]


def read_secret(secret_arn: str, key_arn: str | None) -> list[Statement]:
    """Return the statements for reading one secret. `key_arn` is the KMS key of your own that encrypts it, if any."""
    reads = [allow("ReadSecret", "secretsmanager:GetSecretValue", secret_arn)]
    if key_arn is not None:
        reads.append(key_use.statement("DecryptSecret", key_use.READING, key_arn, ["secretsmanager"]))
    return reads


def see_runs(cluster_arns: Sequence[str]) -> Statement:
    """Return the statement for describing the tasks on clusters, of which there is at least one."""
    return allow("SeeRuns", "ecs:DescribeTasks", tasks_on(cluster_arns))


def tasks_on(cluster_arns: Sequence[str]) -> list[str]:
    """Return patterns of the ARNs of the tasks on clusters."""
    return [_tasks_on(Arn.parse(arn)) for arn in sorted(set(cluster_arns))]


def _tasks_on(cluster: Arn) -> str:
    return cluster.sibling("ecs", f"task/{cluster.resource.removeprefix('cluster/')}/*")
