"""The policies of the launch role: Scheduler may assume it, and it may launch one job. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts import definition_name
from aws_facts.arn import Arn
from components import key_use

if TYPE_CHECKING:
    from collections.abc import Iterable

POLICY_VERSION = "2012-10-17"


def trust_policy(schedule_group_arn: str) -> dict[str, Any]:
    """Return the policy that lets Scheduler assume the role for schedules of this group only.

    The conditions prevent a confused deputy (Scheduler User Guide, "Confused deputy prevention").
    """
    return {
        "Version": POLICY_VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "scheduler.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {
                        "aws:SourceAccount": Arn.parse(schedule_group_arn).account,
                        "aws:SourceArn": schedule_group_arn,
                    }
                },
            }
        ],
    }


def launch_policy(
    *,
    cluster_arn: str,
    task_definition: str,
    passed_roles: Iterable[str],
    dead_letter_arn: str,
    kms_key_arn: str | None = None,
) -> dict[str, Any]:
    """Return the policy that allows RunTask of one family, or one pinned revision, on one cluster.

    It also allows the actions that this call needs. ECS resolves a family to a revision before it authorizes the call,
    so the policy names `<family>:*`. `kms_key_arn` is the key of the dead-letter queue.
    """
    cluster = Arn.parse(cluster_arn)
    cluster_name = cluster.resource.removeprefix("cluster/")
    name = definition_name.of(task_definition)
    definition = name if ":" in name else f"{name}:*"
    statements: list[dict[str, Any]] = [
        {
            "Sid": "RunTask",
            "Effect": "Allow",
            "Action": "ecs:RunTask",
            "Resource": cluster.sibling("ecs", f"task-definition/{definition}"),
            "Condition": {"ArnEquals": {"ecs:cluster": cluster_arn}},
        },
        {
            "Sid": "TagTask",
            "Effect": "Allow",
            "Action": "ecs:TagResource",
            "Resource": cluster.sibling("ecs", f"task/{cluster_name}/*"),
            "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
        },
        {
            "Sid": "KeepDeadLetter",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": dead_letter_arn,
        },
    ]
    roles = sorted(set(passed_roles))
    if roles:
        statements.append(
            {
                "Sid": "PassTaskRoles",
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": roles,
                "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            }
        )
    if kms_key_arn is not None:
        statements.append(key_use.statement("EncryptDeadLetter", key_use.SENDING, kms_key_arn, ["sqs"]))
    return {"Version": POLICY_VERSION, "Statement": statements}
