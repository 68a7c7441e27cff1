"""The policies of the watch's role, with the actions that it needs and no others. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from components import key_use
from components.launch_policy import POLICY_VERSION
from watch.table import DEPLOYED

if TYPE_CHECKING:
    from collections.abc import Sequence


def trust_policy() -> dict[str, Any]:
    """Return the policy that lets Lambda run functions with the role."""
    return {
        "Version": POLICY_VERSION,
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }


def watch_policy(  # noqa: PLR0913 - the resources of the watch
    *,
    schedule_group_arn: str,
    table_arn: str,
    topic_arn: str,
    dead_letter_arn: str,
    given_up_arn: str,
    own_log_group_arn: str,
    cluster_arns: Sequence[str],
    log_groups: Sequence[str],
    kms_key_arn: str | None = None,
) -> dict[str, Any]:
    """Return the policy for handling events, sweeping and alerting.

    `log_groups` are the log groups that the jobs write to: names, and ARNs of those in another region. AWS cannot limit
    DescribeTaskDefinition and ListSchedules to a resource (Service Authorization Reference).
    """
    group = Arn.parse(schedule_group_arn)
    name = group.resource.removeprefix("schedule-group/")
    clusters = sorted(set(cluster_arns))
    statements: list[dict[str, Any]] = [
        _allow("KeepLedger", ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query"], table_arn),
        {
            "Sid": "LeaveJobsItemsAlone",
            "Effect": "Deny",
            "Action": "dynamodb:PutItem",
            "Resource": table_arn,
            "Condition": {"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": [DEPLOYED]}},
        },
        _allow("SendAlerts", "sns:Publish", topic_arn),
        _allow(
            "TakeDeadLetters",
            ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            dead_letter_arn,
        ),
        _allow("KeepFailedEvents", "sqs:SendMessage", given_up_arn),
        _allow("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{own_log_group_arn}:log-stream:*"),
        _allow("SeeSchedules", "scheduler:GetSchedule", group.sibling("scheduler", f"schedule/{name}/*")),
        _allow("ListSchedulesSeeDefinitions", ["ecs:DescribeTaskDefinition", "scheduler:ListSchedules"], "*"),
    ]
    if clusters:
        tasks = [Arn.parse(arn).sibling("ecs", f"task/{_name(arn)}/*") for arn in clusters]
        statements += [
            _allow("SeeRuns", "ecs:DescribeTasks", tasks),
            {**_allow("ListRuns", "ecs:ListTasks", "*"), "Condition": {"ArnEquals": {"ecs:cluster": clusters}}},
        ]
    if log_groups:
        streams = [f"{_log_group(one, group)}:log-stream:*" for one in sorted(set(log_groups))]
        statements.append(_allow("ReadLogs", "logs:GetLogEvents", streams))
    if kms_key_arn is not None:
        statements += [
            key_use.statement("ReadWithKey", key_use.READING, kms_key_arn, ["dynamodb", "sns", "sqs"]),
            key_use.statement("SendWithKey", ["kms:GenerateDataKey"], kms_key_arn, ["sns", "sqs"]),
        ]
    return {"Version": POLICY_VERSION, "Statement": statements}


def _allow(sid: str, actions: str | list[str], resources: str | list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _name(cluster_arn: str) -> str:
    return Arn.parse(cluster_arn).resource.removeprefix("cluster/")


def _log_group(named: str, group: Arn) -> str:
    """Return the ARN of a log group, which its name, such as `/ecs/web`, cannot be confused with."""
    return named if named.startswith("arn:") else group.sibling("logs", f"log-group:{named}")
