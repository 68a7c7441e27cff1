"""The policy of the watch's role, with the actions that it needs and no others. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from components import key_use
from components.function_policy import POLLING, keep_ledger, see_runs, settle_claims, write_log
from components.statements import POLICY_VERSION, allow
from holds import storage

if TYPE_CHECKING:
    from collections.abc import Sequence


def watch_policy(  # noqa: PLR0913 - the resources of the watch
    *,
    project: str,
    schedule_group_arn: str,
    table_arn: str,
    topic_arn: str,
    dead_letter_arn: str,
    given_up_arn: str,
    own_log_group_arn: str,
    cluster_arns: Sequence[str],
    log_groups: Sequence[str],
    function_logs: Sequence[str] = (),
    launches_arn: str | None = None,
    claims_arn: str | None = None,
    kms_key_arn: str | None = None,
) -> dict[str, Any]:
    """Return the policy for handling events, sweeping, alerting, and applying and lifting holds.

    UpdateSchedule passes the schedule's role again, so the policy names the launch roles by the path of the project and
    the group (docs/decisions/holds.md says what that means).
    `function_logs` are the names of those that functions write to, where runs are found by their ids.
    `log_groups` are the log groups that the jobs write to: names, and ARNs of those in another region. `launches_arn`
    is the supervisor's queue, to which the watch sends that a job needs the supervisor. `claims_arn` is the table of
    claims, if processes claim runs of the group. AWS cannot limit DescribeTaskDefinition and ListSchedules to a
    resource (Service Authorization Reference).
    """
    group = Arn.parse(schedule_group_arn)
    name = group.resource.removeprefix("schedule-group/")
    holds = group.sibling("ssm", f"parameter{storage.path(name)}")
    launch_roles = f"arn:{group.partition}:iam::{group.account}:role/{project}/{name}/*"
    statements = [
        *keep_ledger(table_arn, lists=True),
        allow("SendAlerts", "sns:Publish", topic_arn),
        allow("TakeDeadLetters", POLLING, dead_letter_arn),
        allow("KeepFailedEvents", "sqs:SendMessage", given_up_arn),
        write_log(own_log_group_arn),
        allow("SeeSchedules", "scheduler:GetSchedule", group.sibling("scheduler", f"schedule/{name}/*")),
        allow("SwitchSchedules", "scheduler:UpdateSchedule", group.sibling("scheduler", f"schedule/{name}/*")),
        {
            **allow("PassLaunchRoles", "iam:PassRole", launch_roles),
            "Condition": {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        },
        allow("ReadHolds", "ssm:GetParametersByPath", holds),
        allow("KeepHolds", ["ssm:DeleteParameter", "ssm:PutParameter"], f"{holds}/*"),
        allow("ListSchedulesSeeDefinitions", ["ecs:DescribeTaskDefinition", "scheduler:ListSchedules"], "*"),
    ]
    if launches_arn is not None:
        statements.append(allow("WakeSupervisor", "sqs:SendMessage", launches_arn))
    if claims_arn is not None:
        statements.append(settle_claims(claims_arn))
    clusters = sorted(set(cluster_arns))
    if clusters:
        listing = allow("ListRuns", "ecs:ListTasks", "*")
        statements += [see_runs(clusters), {**listing, "Condition": {"ArnEquals": {"ecs:cluster": clusters}}}]
    if log_groups:
        streams = [f"{_log_group(one, group)}:log-stream:*" for one in sorted(set(log_groups))]
        statements.append(allow("ReadLogs", "logs:GetLogEvents", streams))
    if function_logs:
        logs = sorted({group.sibling("logs", f"log-group:{one}:log-stream:*") for one in function_logs})
        statements.append(allow("ReadFunctionLogs", ["logs:FilterLogEvents", "logs:GetLogEvents"], logs))
    if kms_key_arn is not None:
        statements += [
            key_use.statement("ReadWithKey", key_use.READING, kms_key_arn, ["dynamodb", "sns", "sqs"]),
            key_use.statement("SendWithKey", ["kms:GenerateDataKey"], kms_key_arn, ["sns", "sqs"]),
        ]
    return {"Version": POLICY_VERSION, "Statement": statements}


def _log_group(named: str, group: Arn) -> str:
    """Return the ARN of a log group, which its name, such as `/ecs/web`, cannot be confused with."""
    return named if named.startswith("arn:") else group.sibling("logs", f"log-group:{named}")
