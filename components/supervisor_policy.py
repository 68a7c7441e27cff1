"""The supervisor's role: its ARN, by which launch roles know it, and the policy of what it may do. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from components import key_use
from components.function_policy import POLLING, keep_ledger, see_runs, settle_claims, tasks_on, write_log
from components.statements import POLICY_VERSION, allow
from holds import storage
from watch.names import GROUP_TAG, supervisor_name

if TYPE_CHECKING:
    from collections.abc import Sequence


def role_arn(schedule_group_arn: str, path: str) -> str:
    """Return the ARN of the supervisor's role, which has a fixed name in the path of the group's roles.

    It is made from names, so a launch role can name it in a preview, and trusts the role again when it was made anew.
    """
    return _role(schedule_group_arn, path, supervisor_name(group_of(schedule_group_arn)))


def group_of(schedule_group_arn: str) -> str:
    """Return the name of a schedule group."""
    return Arn.parse(schedule_group_arn).resource.removeprefix("schedule-group/")


def supervisor_policy(  # noqa: PLR0913 - the resources of the supervisor
    *,
    schedule_group_arn: str,
    path: str,
    table_arn: str,
    launches_arn: str,
    watch_arn: str,
    own_log_group_arn: str,
    cluster_arns: Sequence[str],
    claims_arn: str | None = None,
    kms_key_arn: str | None = None,
) -> dict[str, Any]:
    """Return the policy for taking ticks, launching and stopping their runs, heeding holds, and keeping the ledger.

    `path` is that of the group's roles, and `claims_arn` the table of claims, if workers run jobs of the group. The
    supervisor launches with a job's launch role, so it may itself pass no role and run no task. A task loses its tags
    when it stops, so only stopping depends on them, and seeing does not.
    """
    holds = Arn.parse(schedule_group_arn).sibling("ssm", f"parameter{storage.path(group_of(schedule_group_arn))}")
    statements = [
        *keep_ledger(table_arn, lists=False),
        allow("TakeLaunches", POLLING, launches_arn),
        allow("WakeItself", "sqs:SendMessage", launches_arn),
        allow("LaunchWithRoles", "sts:AssumeRole", _role(schedule_group_arn, path, "*")),
        allow("LetWatchTell", "lambda:InvokeFunction", watch_arn),
        allow("ReadHolds", "ssm:GetParametersByPath", holds),
        write_log(own_log_group_arn),
    ]
    if cluster_arns:
        own = {"StringEquals": {f"aws:ResourceTag/{GROUP_TAG}": group_of(schedule_group_arn)}}
        stopping = allow("StopOwnRuns", "ecs:StopTask", tasks_on(cluster_arns))
        statements += [see_runs(cluster_arns), {**stopping, "Condition": own}]
    if claims_arn is not None:
        statements.append(settle_claims(claims_arn))
    if kms_key_arn is not None:
        statements += [
            key_use.statement("ReadWithKey", key_use.READING, kms_key_arn, ["dynamodb", "sqs"]),
            key_use.statement("SendWithKey", ["kms:GenerateDataKey"], kms_key_arn, ["sqs"]),
        ]
    return {"Version": POLICY_VERSION, "Statement": statements}


def _role(schedule_group_arn: str, path: str, name: str) -> str:
    return replace(Arn.parse(schedule_group_arn), region="").sibling("iam", f"role{path}{name}")
