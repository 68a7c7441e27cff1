"""The policies of the launch role: Scheduler may assume it, and it may launch one job. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts import definition_name
from aws_facts.arn import Arn
from components import key_use
from components.statements import POLICY_VERSION, Statement, allow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def trust_policy(schedule_group_arn: str, supervisor_arn: str | None = None) -> dict[str, Any]:
    """Return the policy that lets Scheduler assume the role for schedules of this group only, and the supervisor too.

    The conditions prevent a confused deputy (Scheduler User Guide, "Confused deputy prevention"). `supervisor_arn` is
    the ARN of the supervisor's role. It is in a condition and not the principal: IAM stores a principal that is a role
    by its id, and would no longer know a role that was made anew (IAM User Guide, "Principal", IAM role principals).
    """
    group = Arn.parse(schedule_group_arn)
    return {
        "Version": POLICY_VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "scheduler.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {
                        "aws:SourceAccount": group.account,
                        "aws:SourceArn": schedule_group_arn,
                    }
                },
            },
            *([] if supervisor_arn is None else [_of_supervisor(group, supervisor_arn)]),
        ],
    }


def _of_supervisor(group: Arn, supervisor_arn: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{group.partition}:iam::{group.account}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": supervisor_arn}},
    }


def launch_policy(  # noqa: PLR0913 - the resources of a launch
    *,
    cluster_arn: str,
    task_definition: str,
    passed_roles: Iterable[str],
    dead_letter_arn: str,
    launches_arn: str | None = None,
    service: str | None = None,
    kms_key_arn: str | None = None,
    infrastructure_role: str | None = None,
) -> dict[str, Any]:
    """Return the policy that allows RunTask of one family, or one pinned revision, on one cluster.

    It also allows the actions that this call needs. ECS resolves a family to a revision before it authorizes the call,
    so the policy names `<family>:*`. `kms_key_arn` is the key of the queues.

    For a supervised job, `launches_arn` is the queue to which Scheduler sends its ticks, and `service` the name of the
    service whose revision it runs, if any. `infrastructure_role` is the role with which ECS creates a task's volume.
    """
    cluster = Arn.parse(cluster_arn)
    cluster_name = cluster.resource.removeprefix("cluster/")
    name = definition_name.of(task_definition)
    definition = name if ":" in name else f"{name}:*"
    statements: list[dict[str, Any]] = [
        {
            **allow("RunTask", "ecs:RunTask", cluster.sibling("ecs", f"task-definition/{definition}")),
            "Condition": {"ArnEquals": {"ecs:cluster": cluster_arn}},
        },
        {
            **allow("TagTask", "ecs:TagResource", cluster.sibling("ecs", f"task/{cluster_name}/*")),
            "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
        },
        allow("KeepDeadLetter", "sqs:SendMessage", dead_letter_arn),
    ]
    roles = sorted(set(passed_roles))
    if roles:
        statements.append(_pass("PassTaskRoles", roles, "ecs-tasks.amazonaws.com"))
    if infrastructure_role is not None:
        statements.append(_pass("PassInfrastructureRole", [infrastructure_role], "ecs.amazonaws.com"))
    if launches_arn is not None:
        statements.append(allow("SendTick", "sqs:SendMessage", launches_arn))
    if service is not None:
        arn = cluster.sibling("ecs", f"service/{cluster_name}/{service}")
        statements.append(allow("SeeService", "ecs:DescribeServices", arn))
    if kms_key_arn is not None:
        statements.append(key_use.statement("EncryptDeadLetter", key_use.SENDING, kms_key_arn, ["sqs"]))
    return {"Version": POLICY_VERSION, "Statement": statements}


def invoke_policy(
    *, alias_arn: str, dead_letter_arn: str, launches_arn: str, kms_key_arn: str | None = None
) -> dict[str, Any]:
    """Return the policy for sending the ticks of a job to the supervisor, and for invoking the job's function."""
    return _of_ticks(allow("Invoke", "lambda:InvokeFunction", alias_arn), dead_letter_arn, launches_arn, kms_key_arn)


def work_policy(
    *, queue_arn: str, dead_letter_arn: str, launches_arn: str, kms_key_arn: str | None = None
) -> dict[str, Any]:
    """Return the policy for sending the ticks of a job to the supervisor, and the job's runs to the workers' queue.

    `kms_key_arn` is the key of all three queues.
    """
    return _of_ticks(allow("SendWork", "sqs:SendMessage", queue_arn), dead_letter_arn, launches_arn, kms_key_arn)


def tick_policy(*, dead_letter_arn: str, launches_arn: str, kms_key_arn: str | None = None) -> dict[str, Any]:
    """Return the policy for sending the ticks of a job to the supervisor, which launches nothing."""
    return _of_ticks(None, dead_letter_arn, launches_arn, kms_key_arn)


def _of_ticks(
    launch: Statement | None, dead_letter_arn: str, launches_arn: str, kms_key_arn: str | None
) -> dict[str, Any]:
    """Return the policy of a job whose ticks go to the supervisor, and that is launched by what `launch` allows."""
    statements = [
        *([] if launch is None else [launch]),
        allow("KeepDeadLetter", "sqs:SendMessage", dead_letter_arn),
        allow("SendTick", "sqs:SendMessage", launches_arn),
    ]
    if kms_key_arn is not None:
        statements.append(key_use.statement("EncryptDeadLetter", key_use.SENDING, kms_key_arn, ["sqs"]))
    return {"Version": POLICY_VERSION, "Statement": statements}


def _pass(sid: str, roles: Sequence[str], service: str) -> Statement:
    return {
        **allow(sid, "iam:PassRole", roles),
        "Condition": {"StringEquals": {"iam:PassedToService": service}},
    }
