"""Tests of the complete policies of a launch role."""

from __future__ import annotations

from typing import Any

import pytest

from aws_facts.arn import Arn
from components.launch_policy import invoke_policy, launch_policy, tick_policy, trust_policy, work_policy

ROLES = ["arn:aws:iam::111122223333:role/task", "arn:aws:iam::111122223333:role/execution"]
QUEUE = "arn:aws:sqs:eu-central-1:111122223333:jobs-staging-dead-letters"


def policy(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a launch policy."""
    known: dict[str, Any] = {
        "cluster_arn": "arn:aws:ecs:eu-central-1:111122223333:cluster/staging",
        "task_definition": "web",
        "passed_roles": ROLES,
        "dead_letter_arn": QUEUE,
    }
    return launch_policy(**{**known, **changes})


def statement(document: dict[str, Any], sid: str) -> dict[str, Any]:
    """Return a statement by its Sid."""
    found: dict[str, Any] = next(s for s in document["Statement"] if s["Sid"] == sid)
    return found


def test_allows_one_launch_and_what_it_needs() -> None:
    """The policy names one family on one cluster, its tags, its roles and the queue, and nothing else."""
    assert policy() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "RunTask",
                "Effect": "Allow",
                "Action": "ecs:RunTask",
                "Resource": "arn:aws:ecs:eu-central-1:111122223333:task-definition/web:*",
                "Condition": {"ArnEquals": {"ecs:cluster": "arn:aws:ecs:eu-central-1:111122223333:cluster/staging"}},
            },
            {
                "Sid": "TagTask",
                "Effect": "Allow",
                "Action": "ecs:TagResource",
                "Resource": "arn:aws:ecs:eu-central-1:111122223333:task/staging/*",
                "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
            },
            {"Sid": "KeepDeadLetter", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE},
            {
                "Sid": "PassTaskRoles",
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": sorted(ROLES),
                "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            },
        ],
    }


DEFINITIONS = "arn:aws:ecs:eu-central-1:111122223333:task-definition"


@pytest.mark.parametrize(
    ("given", "allowed"),
    [("web:12", "web:12"), (f"{DEFINITIONS}/web:12", "web:12"), (f"{DEFINITIONS}/web", "web:*")],
)
def test_names_a_pinned_revision(given: str, allowed: str) -> None:
    """The policy allows only the revision that is pinned. An ARN means the same as the name in it."""
    assert statement(policy(task_definition=given), "RunTask")["Resource"] == f"{DEFINITIONS}/{allowed}"


def test_passes_no_role_when_there_is_none() -> None:
    """The policy has no PassRole for a task definition without roles."""
    assert [s["Sid"] for s in policy(passed_roles=[])["Statement"]] == ["RunTask", "TagTask", "KeepDeadLetter"]


def test_tells_the_supervisor_and_sees_the_service() -> None:
    """For a supervised job, the policy also allows sending a tick, and reading the one service whose revision runs."""
    launches = "arn:aws:sqs:eu-central-1:111122223333:jobs-staging-launches"
    tick = {"Sid": "SendTick", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": launches}
    service = {
        "Sid": "SeeService",
        "Effect": "Allow",
        "Action": "ecs:DescribeServices",
        "Resource": "arn:aws:ecs:eu-central-1:111122223333:service/staging/web",
    }
    assert policy(launches_arn=launches)["Statement"] == [*policy()["Statement"], tick]
    assert policy(launches_arn=launches, service="web")["Statement"] == [*policy()["Statement"], tick, service]


KEY = "arn:aws:kms:eu-central-1:111122223333:key/12ab"


def test_uses_the_key_of_the_queue() -> None:
    """With a key, the policy also allows what sending a dead letter asks of it, through SQS only."""
    assert policy(kms_key_arn=KEY)["Statement"] == [
        *policy()["Statement"],
        {
            "Sid": "EncryptDeadLetter",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": KEY,
            "Condition": {"StringLike": {"kms:ViaService": "sqs.eu-central-1.amazonaws.com*"}},
        },
    ]


def test_names_each_role_once() -> None:
    """A role that is both task role and execution role is in the policy once."""
    assert statement(policy(passed_roles=[*ROLES, *ROLES]), "PassTaskRoles")["Resource"] == sorted(ROLES)


PARTITIONS = {"China": ("aws-cn", "cn-north-1"), "GovCloud": ("aws-us-gov", "us-gov-west-1")}


@pytest.mark.parametrize(("partition", "region"), PARTITIONS.values(), ids=PARTITIONS)
def test_stays_in_the_partition(partition: str, region: str) -> None:
    """Every ARN that the policies compose has the cluster's partition, region and account."""
    cluster = f"arn:{partition}:ecs:{region}:111122223333:cluster/staging"
    document = policy(cluster_arn=cluster)
    place = f"arn:{partition}:ecs:{region}:111122223333"
    assert statement(document, "RunTask")["Resource"] == f"{place}:task-definition/web:*"
    assert statement(document, "RunTask")["Condition"] == {"ArnEquals": {"ecs:cluster": cluster}}
    assert statement(document, "TagTask")["Resource"] == f"{place}:task/staging/*"
    group = f"arn:{partition}:scheduler:{region}:111122223333:schedule-group/jobs-staging"
    assert trust_policy(group)["Statement"][0]["Condition"]["StringEquals"]["aws:SourceArn"] == group


def test_trusts_one_schedule_group() -> None:
    """Only Scheduler may assume the role, and only for this account's schedule group."""
    group = "arn:aws:scheduler:eu-central-1:111122223333:schedule-group/jobs-staging"
    assert trust_policy(group) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "scheduler.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333", "aws:SourceArn": group}},
            }
        ],
    }


def test_trusts_the_supervisor_by_its_name() -> None:
    """The role of a supervised job trusts Scheduler as before, and of the account only the supervisor's role."""
    group = "arn:aws-cn:scheduler:cn-north-1:111122223333:schedule-group/jobs-staging"
    supervisor = "arn:aws-cn:iam::111122223333:role/jobs/jobs-staging/jobs-staging-supervisor"
    assert trust_policy(group, supervisor)["Statement"] == [
        *trust_policy(group)["Statement"],
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws-cn:iam::111122223333:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"ArnEquals": {"aws:PrincipalArn": supervisor}},
        },
    ]


@pytest.mark.parametrize("text", ["", "staging", "arn:aws:ecs:eu-central-1:1", "urn:aws:a:b:c:d"])
def test_refuses_what_is_no_arn(text: str) -> None:
    """The error for text that is not an ARN contains the text."""
    with pytest.raises(ValueError, match=f"^'{text}' is not an ARN$"):
        Arn.parse(text)


def test_keeps_colons_of_the_resource() -> None:
    """An ARN is written as it was read, even with colons in its resource."""
    text = "arn:aws:ecs:eu-central-1:111122223333:task-definition/web:12"
    assert str(Arn.parse(text)) == text
    assert Arn.parse(text).resource == "task-definition/web:12"


def test_a_function_may_be_invoked_by_its_alias_alone() -> None:
    """Nothing of ECS is allowed, and no other version of the function."""
    alias = "arn:aws:lambda:eu-central-1:111122223333:function:rates:jobs-staging-rates"
    launches = "arn:aws:sqs:eu-central-1:111122223333:jobs-staging-launches"
    assert invoke_policy(alias_arn=alias, dead_letter_arn=QUEUE, launches_arn=launches) == {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Invoke", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": alias},
            {"Sid": "KeepDeadLetter", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE},
            {"Sid": "SendTick", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": launches},
        ],
    }


def test_work_goes_to_one_queue() -> None:
    """The role may send to the workers' queue, and read nothing there. With a key, SQS encrypts for it."""
    place = "arn:aws:sqs:eu-central-1:111122223333"
    work, launches, key = (
        f"{place}:jobs-staging-work-web",
        f"{place}:jobs-staging-launches",
        "arn:aws:kms:eu-north-1:1:k",
    )
    statements = [
        {"Sid": "SendWork", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": work},
        {"Sid": "KeepDeadLetter", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE},
        {"Sid": "SendTick", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": launches},
    ]
    known = {"queue_arn": work, "dead_letter_arn": QUEUE, "launches_arn": launches}
    assert work_policy(**known) == {"Version": "2012-10-17", "Statement": statements}
    assert work_policy(**known, kms_key_arn=key)["Statement"] == [
        *statements,
        {
            "Sid": "EncryptDeadLetter",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": key,
            "Condition": {"StringLike": {"kms:ViaService": "sqs.eu-north-1.amazonaws.com*"}},
        },
    ]


def test_ticks_alone() -> None:
    """A job that is not launched has a role for its ticks, with the key if there is one."""
    launches, key = "arn:aws:sqs:eu-central-1:111122223333:jobs-staging-launches", "arn:aws:kms:eu-north-1:1:k"
    statements = [
        {"Sid": "KeepDeadLetter", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE},
        {"Sid": "SendTick", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": launches},
    ]
    assert tick_policy(dead_letter_arn=QUEUE, launches_arn=launches)["Statement"] == statements
    with_key = tick_policy(dead_letter_arn=QUEUE, launches_arn=launches, kms_key_arn=key)["Statement"]
    assert [one["Sid"] for one in with_key] == ["KeepDeadLetter", "SendTick", "EncryptDeadLetter"]
