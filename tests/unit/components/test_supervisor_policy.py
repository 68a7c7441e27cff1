"""Tests of the supervisor's role: its name, and a policy of exactly these statements."""

from __future__ import annotations

from typing import Any

import pytest

from components.supervisor_policy import role_arn, supervisor_policy

PLACE = "eu-central-1:123456789012"
GROUP = f"arn:aws:scheduler:{PLACE}:schedule-group/jobs-staging"
PATH = "/jobs/jobs-staging/"
KEY = f"arn:aws:kms:{PLACE}:key/12ab"
CLUSTERS = [f"arn:aws:ecs:{PLACE}:cluster/{name}" for name in ("web", "batch", "web")]


def policy(**changes: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - arguments of the policy
    """Return the statements of a supervisor's policy."""
    known: dict[str, Any] = {
        "schedule_group_arn": GROUP,
        "path": PATH,
        "table_arn": "table",
        "launches_arn": "launches",
        "watch_arn": "watch",
        "own_log_group_arn": "log",
        "cluster_arns": [],
    }
    document = supervisor_policy(**{**known, **changes})
    assert document["Version"] == "2012-10-17"
    statements: list[dict[str, Any]] = document["Statement"]
    return statements


def test_allows_exactly_this() -> None:
    """The supervisor takes ticks, assumes launch roles, stops its own group's runs, and keeps the ledger."""
    batch, web = (f"arn:aws:ecs:{PLACE}:task/{name}/*" for name in ("batch", "web"))
    assert policy(cluster_arns=CLUSTERS) == [
        {
            "Sid": "KeepLedger",
            "Effect": "Allow",
            "Action": ["dynamodb:BatchGetItem", "dynamodb:PutItem"],
            "Resource": "table",
        },
        {
            "Sid": "LeaveJobsItemsAlone",
            "Effect": "Deny",
            "Action": "dynamodb:PutItem",
            "Resource": "table",
            "Condition": {"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": ["deployed"]}},
        },
        {
            "Sid": "TakeLaunches",
            "Effect": "Allow",
            "Action": ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            "Resource": "launches",
        },
        {"Sid": "WakeItself", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "launches"},
        {
            "Sid": "LaunchWithRoles",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": "arn:aws:iam::123456789012:role/jobs/jobs-staging/*",
        },
        {"Sid": "LetWatchTell", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "watch"},
        {
            "Sid": "ReadHolds",
            "Effect": "Allow",
            "Action": "ssm:GetParametersByPath",
            "Resource": "arn:aws:ssm:eu-central-1:123456789012:parameter/scheduled-jobs/jobs-staging/holds",
        },
        {
            "Sid": "WriteLog",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "log:log-stream:*",
        },
        {"Sid": "SeeRuns", "Effect": "Allow", "Action": "ecs:DescribeTasks", "Resource": [batch, web]},
        {
            "Sid": "StopOwnRuns",
            "Effect": "Allow",
            "Action": "ecs:StopTask",
            "Resource": [batch, web],
            "Condition": {"StringEquals": {"aws:ResourceTag/scheduled-jobs:group": "jobs-staging"}},
        },
    ]


def test_settles_claims() -> None:
    """Where workers claim runs, the supervisor also reads claims, and writes which runs are to stop."""
    assert policy(claims_arn="claims") == [
        *policy(),
        {
            "Sid": "SettleClaims",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
            "Resource": "claims",
        },
    ]


def test_uses_the_key() -> None:
    """With a key, the policy also allows what the services ask of it for the supervisor, and only through them."""
    services = [f"{service}.eu-central-1.amazonaws.com*" for service in ("dynamodb", "sqs")]
    assert policy(kms_key_arn=KEY) == [
        *policy(),
        {
            "Sid": "ReadWithKey",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": KEY,
            "Condition": {"StringLike": {"kms:ViaService": services}},
        },
        {
            "Sid": "SendWithKey",
            "Effect": "Allow",
            "Action": "kms:GenerateDataKey",
            "Resource": KEY,
            "Condition": {"StringLike": {"kms:ViaService": services[1]}},
        },
    ]


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_role_is_named_without_asking_aws(partition: str) -> None:
    """The role's ARN follows from the group: its partition, account, path and name."""
    group = GROUP.replace("arn:aws:", f"arn:{partition}:")
    assert role_arn(group, PATH) == f"arn:{partition}:iam::123456789012:role/jobs/jobs-staging/jobs-staging-supervisor"


def test_name_of_the_longest_group_fits() -> None:
    """A role has at most 64 characters (IAM API reference, CreateRole), and two long groups have two roles."""
    names = [
        role_arn(f"arn:aws:scheduler:{PLACE}:schedule-group/{'g' * 63}{last}", PATH).rpartition("/")[2] for last in "ab"
    ]
    assert [len(name) for name in names] == [64, 64]
    assert names[0] != names[1]
    assert all(name.endswith("-supervisor") for name in names)
