from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator.iam.policy_evaluation import evaluate
from tests.permissions import (
    ADMINISTRATION,
    ALARMS_RULE,
    ALERTS,
    CLUSTER,
    EVENTS,
    LAMBDA,
    PROBLEMS,
    ROLE,
    ROLES,
    RULE,
    SCHEDULE,
    SCHEDULER,
    STACK,
    TASKS,
    WATCH,
    arn,
    ask,
    held_by,
)

if TYPE_CHECKING:
    from emulator.iam.policy_evaluation import Request

LEDGER = "table/scheduled-jobs-production-ledger-1a2b3c4"
ALARM = "alarm:scheduled-jobs-production-dead-letters-lost"
STATE = "acme-pulumi/.pulumi/stacks/scheduled-jobs/production.json"

NEAR_MISSES = {
    "simulating for a role that is not the stack's": (
        ("looks", "on call"),
        ask("iam:SimulatePrincipalPolicy", ROLE),
        ask("iam:SimulatePrincipalPolicy", "role/scheduled-jobs/scheduled-jobs-staging/cleanup-1a2b3c4"),
    ),
    "reading the value of a secret": (
        ("looks", "on call"),
        ask("secretsmanager:DescribeSecret", "secret:web-db-AbCdEf"),
        ask("secretsmanager:GetSecretValue", "secret:web-db-AbCdEf"),
    ),
    "reading the value of a parameter": (
        ("looks", "on call"),
        ask("ssm:DescribeParameters", "*"),
        ask("ssm:GetParameters", "parameter/web/token"),
    ),
    "another image": (
        ("looks", "on call"),
        ask("ecr:BatchGetImage", "repository/team/cleanup"),
        ask("ecr:BatchGetImage", "repository/other"),
    ),
    "a schedule of another group": (
        ("deploys", "on call"),
        ask("scheduler:UpdateSchedule", SCHEDULE),
        ask("scheduler:UpdateSchedule", "schedule/scheduled-jobs-staging/cleanup"),
    ),
    "a group whose name begins alike": (
        ("deploys",),
        ask("scheduler:DeleteScheduleGroup", "schedule-group/scheduled-jobs-production"),
        ask("scheduler:DeleteScheduleGroup", "schedule-group/scheduled-jobs-production-2"),
    ),
    "reading another group": (
        ("previews", "deploys", "looks", "on call"),
        ask("scheduler:GetSchedule", SCHEDULE),
        ask("scheduler:GetSchedule", "schedule/default/cleanup"),
    ),
    "a role of another project": (
        ("deploys",),
        ask("iam:PutRolePolicy", ROLE),
        ask("iam:PutRolePolicy", "role/other/scheduled-jobs-production/cleanup-1a2b3c4"),
    ),
    "a role of another stack": (
        ("deploys",),
        ask("iam:CreateRole", ROLE),
        ask("iam:CreateRole", "role/scheduled-jobs/scheduled-jobs-staging/cleanup-1a2b3c4"),
    ),
    "a role without a path": (
        ("deploys",),
        ask("iam:UpdateAssumeRolePolicy", ROLE),
        ask("iam:UpdateAssumeRolePolicy", "role/admin"),
    ),
    "reading a role of another project": (
        ("previews", "deploys"),
        ask("iam:ListAttachedRolePolicies", ROLE),
        ask("iam:ListAttachedRolePolicies", "role/other/other-production/cleanup"),
    ),
    "reading a policy of another project's role": (
        ("previews", "deploys", "looks", "on call"),
        ask("iam:GetRolePolicy", ROLE),
        ask("iam:GetRolePolicy", "role/other/other-production/cleanup"),
    ),
    "reading a role that no task runs with": (
        ("previews", "deploys", "looks", "on call"),
        ask("iam:GetRole", "role/web-task"),
        ask("iam:GetRole", "role/website-task"),
    ),
    "reading the policies of a task's role": (
        ("previews", "deploys", "looks", "on call"),
        ask("iam:GetRole", "role/web-execution"),
        ask("iam:GetRolePolicy", "role/web-execution"),
    ),
    "passing a launch role to another service": (
        ("deploys", "on call"),
        ask("iam:PassRole", ROLE, iam_PassedToService=SCHEDULER),
        ask("iam:PassRole", ROLE, iam_PassedToService=TASKS),
    ),
    "passing another role to Scheduler": (
        ("deploys", "on call"),
        ask("iam:PassRole", ROLE, iam_PassedToService=SCHEDULER),
        ask("iam:PassRole", "role/admin", iam_PassedToService=SCHEDULER),
    ),
    "passing another role to Lambda": (
        ("deploys",),
        ask("iam:PassRole", ROLE, iam_PassedToService=LAMBDA),
        ask("iam:PassRole", "role/admin", iam_PassedToService=LAMBDA),
    ),
    "attaching a policy of AWS to a launch role": (
        ("deploys",),
        ask("iam:PutRolePolicy", ROLE),
        ask("iam:AttachRolePolicy", ROLE),
    ),
    "another queue": (
        ("deploys",),
        ask("sqs:SetQueueAttributes", "scheduled-jobs-production-dead-letters"),
        ask("sqs:SetQueueAttributes", "scheduled-jobs-staging-dead-letters"),
    ),
    "another topic": (
        ("deploys",),
        ask("sns:Subscribe", "scheduled-jobs-production-alerts"),
        ask("sns:Subscribe", "scheduled-jobs-staging-alerts"),
    ),
    "a rule of another stack": (
        ("deploys",),
        ask("events:PutRule", RULE),
        ask("events:PutRule", "rule/scheduled-jobs-staging-runs"),
    ),
    "seeing a rule of another stack": (
        ("previews", "deploys", "looks", "on call"),
        ask("events:DescribeRule", RULE),
        ask("events:DescribeRule", "rule/scheduled-jobs-staging-runs"),
    ),
    "a record of a run": (
        ("deploys",),
        ask("dynamodb:PutItem", LEDGER, dynamodb_LeadingKeys=["deployed"]),
        ask("dynamodb:PutItem", LEDGER, dynamodb_LeadingKeys=["jobs"]),
    ),
    "making a schedule of another group": (
        ("deploys", "on call"),
        ask("scheduler:CreateSchedule", "schedule/scheduled-jobs-production/by-hand_0000aaaa"),
        ask("scheduler:CreateSchedule", "schedule/scheduled-jobs-staging/by-hand_0000aaaa"),
    ),
    "a record of a run, by hand": (
        ("on call",),
        ask("dynamodb:PutItem", LEDGER, dynamodb_LeadingKeys=["stops"]),
        ask("dynamodb:PutItem", LEDGER, dynamodb_LeadingKeys=["jobs"]),
    ),
    "a stop and a record of a run": (
        ("on call",),
        ask("dynamodb:PutItem", LEDGER, dynamodb_LeadingKeys=["stops"]),
        ask("dynamodb:PutItem", LEDGER, dynamodb_LeadingKeys=["stops", "schedule#cleanup"]),
    ),
    "a stop of another stack": (
        ("on call",),
        ask("dynamodb:PutItem", LEDGER, dynamodb_LeadingKeys=["stops"]),
        ask("dynamodb:PutItem", LEDGER.replace("production", "staging"), dynamodb_LeadingKeys=["stops"]),
    ),
    "another rule on a schedule": (
        ("deploys",),
        ask("events:PutRule", "rule/scheduled-jobs-production-watch"),
        ask("events:PutRule", "rule/scheduled-jobs-staging-watch"),
    ),
    "a target beside the watch": (
        ("deploys",),
        ask("events:PutTargets", RULE, events_TargetArn=[WATCH]),
        ask("events:PutTargets", RULE, events_TargetArn=[WATCH, arn("lambda", "function:f")]),
    ),
    "the environments of runs to the problems topic": (
        ("deploys",),
        ask("events:PutTargets", ALARMS_RULE, events_TargetArn=[PROBLEMS]),
        ask("events:PutTargets", RULE, events_TargetArn=[PROBLEMS]),
    ),
    "a target beside the problems topic": (
        ("deploys",),
        ask("events:PutTargets", ALARMS_RULE, events_TargetArn=[PROBLEMS]),
        ask("events:PutTargets", ALARMS_RULE, events_TargetArn=[PROBLEMS, ALERTS]),
    ),
    "another rule on alarms": (
        ("deploys",),
        ask("events:PutRule", ALARMS_RULE),
        ask("events:PutRule", "rule/scheduled-jobs-staging-alarms"),
    ),
    "the code of another function": (
        ("deploys",),
        ask("lambda:UpdateFunctionCode", "function:scheduled-jobs-production-watch"),
        ask("lambda:UpdateFunctionCode", "function:scheduled-jobs-production-watch-2"),
    ),
    "letting anybody else invoke the watch": (
        ("deploys",),
        ask("lambda:AddPermission", "function:scheduled-jobs-production-watch", lambda_Principal=EVENTS),
        ask("lambda:AddPermission", "function:scheduled-jobs-production-watch", lambda_Principal="*"),
    ),
    "a queue to another function": (
        ("deploys",),
        ask("lambda:CreateEventSourceMapping", "*", lambda_FunctionArn=WATCH),
        ask("lambda:CreateEventSourceMapping", "*", lambda_FunctionArn=arn("lambda", "function:f")),
    ),
    "what takes another queue's messages": (
        ("deploys",),
        ask("lambda:DeleteEventSourceMapping", "event-source-mapping:0123", lambda_FunctionArn=WATCH),
        ask("lambda:DeleteEventSourceMapping", "event-source-mapping:0123", lambda_FunctionArn=f"{WATCH}-2"),
    ),
    "seeing what another function takes": (
        ("previews", "deploys"),
        ask("lambda:GetEventSourceMapping", "event-source-mapping:0123", lambda_FunctionArn=WATCH),
        ask("lambda:GetEventSourceMapping", "event-source-mapping:0123", lambda_FunctionArn=f"{WATCH}-2"),
    ),
    "seeing another function": (
        ("previews", "deploys"),
        ask("lambda:GetFunction", "function:scheduled-jobs-production-watch"),
        ask("lambda:GetFunction", "function:scheduled-jobs-production-watch-2"),
    ),
    "seeing the configuration of another function": (
        (
            "looks",
            "on call",
        ),
        ask("lambda:GetFunctionConfiguration", "function:scheduled-jobs-production-watch"),
        ask("lambda:GetFunctionConfiguration", "function:scheduled-jobs-production-watch-2"),
    ),
    "another table": (
        ("deploys",),
        ask("dynamodb:DeleteTable", "table/scheduled-jobs-production-ledger-1a2b3c4"),
        ask("dynamodb:DeleteTable", "table/orders"),
    ),
    "the ledger of another stack": (
        (
            "looks",
            "on call",
        ),
        ask("dynamodb:Query", "table/scheduled-jobs-production-ledger-1a2b3c4"),
        ask("dynamodb:Query", "table/scheduled-jobs-staging-ledger-1a2b3c4"),
    ),
    "a tick of another stack": (
        (
            "looks",
            "on call",
        ),
        ask("dynamodb:BatchGetItem", "table/scheduled-jobs-production-ledger-1a2b3c4"),
        ask("dynamodb:BatchGetItem", "table/scheduled-jobs-staging-ledger-1a2b3c4"),
    ),
    "an alarm of another stack": (
        ("deploys",),
        ask("cloudwatch:DeleteAlarms", "alarm:scheduled-jobs-production-watch-blind"),
        ask("cloudwatch:DeleteAlarms", "alarm:scheduled-jobs-production-2-watch-blind"),
    ),
    "an alarm that does something": (
        ("deploys",),
        ask("cloudwatch:PutMetricAlarm", ALARM, cloudwatch_AlarmActions=[PROBLEMS]),
        ask("cloudwatch:PutMetricAlarm", ALARM, cloudwatch_AlarmActions=[PROBLEMS, arn("lambda", "function:f")]),
    ),
    "another dashboard": (
        ("deploys",),
        ask("cloudwatch:PutDashboard", "dashboard/scheduled-jobs-production"),
        ask("cloudwatch:PutDashboard", "dashboard/scheduled-jobs-production-2"),
    ),
    "the log of another function": (
        ("deploys",),
        ask("logs:DeleteLogGroup", "log-group:/aws/lambda/scheduled-jobs-production-watch:log-stream:"),
        ask("logs:DeleteLogGroup", "log-group:/aws/lambda/scheduled-jobs-production-watch-2:log-stream:"),
    ),
    "another cluster": (
        ("previews", "deploys", "looks", "on call"),
        ask("ecs:DescribeServices", "service/production/web"),
        ask("ecs:DescribeServices", "service/staging/web"),
    ),
    "running another family": (
        ("on call",),
        ask("ecs:RunTask", "task-definition/web:7", ecs_cluster=CLUSTER),
        ask("ecs:RunTask", "task-definition/website:7", ecs_cluster=CLUSTER),
    ),
    "running on another cluster": (
        ("on call",),
        ask("ecs:RunTask", "task-definition/web:7", ecs_cluster=CLUSTER),
        ask("ecs:RunTask", "task-definition/web:7", ecs_cluster=arn("ecs", "cluster/staging")),
    ),
    "asking another group's supervisor": (
        ("on call",),
        ask("sqs:SendMessage", "scheduled-jobs-production-launches"),
        ask("sqs:SendMessage", "scheduled-jobs-production-2-launches"),
    ),
    "invoking another function": (
        ("on call",),
        ask("lambda:InvokeFunction", "function:scheduled-jobs-production-watch"),
        ask("lambda:InvokeFunction", "function:scheduled-jobs-production-supervisor"),
    ),
    "stopping a task on another cluster": (
        ("on call",),
        ask("ecs:StopTask", "task/production/0123"),
        ask("ecs:StopTask", "task/staging/0123"),
    ),
    "passing another role to a task": (
        ("on call",),
        ask("iam:PassRole", "role/web-task", iam_PassedToService=TASKS),
        ask("iam:PassRole", "role/admin", iam_PassedToService=TASKS),
    ),
    "passing a task's role to another service": (
        ("on call",),
        ask("iam:PassRole", "role/web-execution", iam_PassedToService=TASKS),
        ask("iam:PassRole", "role/web-execution", iam_PassedToService=SCHEDULER),
    ),
    "tagging a task that runs already": (
        ("on call",),
        ask("ecs:TagResource", "task/production/0123", ecs_CreateAction="RunTask"),
        ask("ecs:TagResource", "task/production/0123"),
    ),
    "listing the tasks of another cluster": (
        (
            "looks",
            "on call",
        ),
        ask("ecs:ListTasks", "*", ecs_cluster=CLUSTER),
        ask("ecs:ListTasks", "*", ecs_cluster=arn("ecs", "cluster/staging")),
    ),
    "the logs of another service": (
        (
            "looks",
            "on call",
        ),
        ask("logs:GetLogEvents", "log-group:/ecs/web:log-stream:ecs/app/0123"),
        ask("logs:GetLogEvents", "log-group:/ecs/website:log-stream:ecs/app/0123"),
    ),
    "taking dead letters away": (
        (
            "looks",
            "on call",
        ),
        ask("sqs:ReceiveMessage", "scheduled-jobs-production-dead-letters"),
        ask("sqs:DeleteMessage", "scheduled-jobs-production-dead-letters"),
    ),
    "reading the state of another stack": (
        ("previews", "deploys"),
        ask("s3:GetObject", STATE),
        ask("s3:GetObject", "acme-pulumi/.pulumi/stacks/scheduled-jobs/staging.json"),
    ),
    "writing the state of another stack": (
        ("deploys",),
        ask("s3:PutObject", STATE),
        ask("s3:PutObject", "acme-pulumi/.pulumi/stacks/platform/production.json"),
    ),
    "another key": (
        ("previews", "deploys"),
        ask("kms:Decrypt", f"key/{STACK['key-id']}"),
        ask("kms:Decrypt", "key/other"),
    ),
}
"""Who, what they may do, and what they may not though it is nearly the same."""


@pytest.mark.parametrize(("who", "allowed", "refused"), NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_is_nearly_allowed_is_refused(who: tuple[str, ...], allowed: Request, refused: Request) -> None:
    """Each pair differs in one thing, and that is what the policies look at; those not named may do neither."""
    for role in ROLES:
        held = held_by(role)
        assert evaluate(allowed, held).allowed == (role in who), role
        assert not evaluate(refused, held).allowed, role


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("request_", ADMINISTRATION, ids=[each.action for each in ADMINISTRATION])
def test_nobody_administers_the_account(role: str, request_: Request) -> None:
    """Whoever previews, deploys, looks or is on call has none of it."""
    assert not evaluate(request_, held_by(role)).allowed
