from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.launch_policy import launch_policy
from components.supervisor_policy import supervisor_policy
from components.watch_policy import watch_policy
from emulator.iam.policy_evaluation import Request, evaluate
from holds import storage
from tests import permissions
from tests.permissions import (
    ADMINISTRATION,
    ALERTS,
    BOUNDARY,
    CLUSTER,
    DEPLOY,
    ONLY_BOUNDED,
    ROLE,
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
    from tests.permissions import Policy

DEAD_LETTERS, GIVEN_UP, LAUNCHES = (
    f"scheduled-jobs-production-{queue}" for queue in ("dead-letters", "given-up", "launches")
)
LOG, LOG_OF_WATCH = "log-group:/ecs/web", "log-group:/aws/lambda/scheduled-jobs-production-watch"
LOG_OF_SUPERVISOR = "log-group:/aws/lambda/scheduled-jobs-production-supervisor"
OWN_RUN = {"aws:ResourceTag/scheduled-jobs:group": "scheduled-jobs-production"}
LEDGER = "table/scheduled-jobs-production-ledger-1a2b3c4"
HOLDS = storage.path("scheduled-jobs-production")
TASK_ROLES = [arn("iam", "role/web-task"), arn("iam", "role/web-execution")]
ON_CALL_MAY = (
    ask("cloudtrail:LookupEvents", "*"),
    ask("cloudwatch:DescribeAlarms", "alarm:*"),
    ask("cloudwatch:GetDashboard", "dashboard/scheduled-jobs-production"),
    ask("cloudwatch:GetMetricData", "*"),
    ask("dynamodb:BatchGetItem", LEDGER),
    ask("dynamodb:DescribeTable", LEDGER),
    ask("dynamodb:DescribeTimeToLive", LEDGER),
    ask("dynamodb:Query", LEDGER),
    ask("dynamodb:Scan", LEDGER),
    ask("ecr:BatchGetImage", "repository/team/cleanup"),
    ask("ecr:GetDownloadUrlForLayer", "repository/team/cleanup"),
    ask("ecr:GetRepositoryPolicy", "repository/team/cleanup"),
    ask("ec2:DescribeNatGateways", "*"),
    ask("ec2:DescribeRouteTables", "*"),
    ask("ec2:DescribeSecurityGroups", "*"),
    ask("ec2:DescribeSubnets", "*"),
    ask("ec2:DescribeVpcEndpoints", "*"),
    ask("ecs:DescribeClusters", "cluster/production"),
    ask("ecs:DescribeServices", "service/production/web"),
    ask("ecs:DescribeTaskDefinition", "*"),
    ask("ecs:DescribeTasks", "task/production/0123"),
    ask("ecs:ListTasks", "*", ecs_cluster=CLUSTER),
    ask("ecs:RunTask", "task-definition/web:7", ecs_cluster=CLUSTER),
    ask("ecs:StopTask", "task/production/0123"),
    ask("ecs:TagResource", "task/production/0123", ecs_CreateAction="RunTask"),
    ask("iam:PassRole", ROLE, iam_PassedToService=SCHEDULER),
    ask("iam:PassRole", "role/web-execution", iam_PassedToService=TASKS),
    ask("iam:PassRole", "role/web-task", iam_PassedToService=TASKS),
    ask("events:DescribeRule", RULE),
    ask("events:ListTargetsByRule", RULE),
    ask("iam:GetRole", ROLE),
    ask("iam:GetRolePolicy", ROLE),
    ask("iam:ListRolePolicies", ROLE),
    ask("lambda:GetFunctionConcurrency", "function:scheduled-jobs-production-supervisor"),
    ask("lambda:GetFunctionConfiguration", "function:pager"),
    ask("iam:GetRole", "role/web-task"),
    ask("iam:SimulatePrincipalPolicy", ROLE),
    ask("iam:SimulatePrincipalPolicy", "role/web-execution"),
    ask("kms:DescribeKey", f"key/{STACK['secret-key']}"),
    ask("kms:GetKeyPolicy", f"key/{STACK['secret-key']}"),
    ask("lambda:GetFunctionConfiguration", "function:scheduled-jobs-production-supervisor"),
    ask("lambda:GetFunctionConfiguration", "function:scheduled-jobs-production-watch"),
    ask("lambda:GetFunctionEventInvokeConfig", "function:scheduled-jobs-production-watch"),
    ask("lambda:GetPolicy", "function:scheduled-jobs-production-watch"),
    ask("lambda:InvokeFunction", "function:scheduled-jobs-production-watch"),
    ask("lambda:ListEventSourceMappings", "*"),
    ask("logs:DescribeLogGroups", "*"),
    ask("logs:DescribeLogStreams", f"{LOG}:log-stream:"),
    ask("logs:FilterLogEvents", f"{LOG}:log-stream:"),
    ask("logs:GetLogEvents", f"{LOG}:log-stream:ecs/app/0123"),
    ask("logs:FilterLogEvents", f"{LOG_OF_SUPERVISOR}:log-stream:"),
    ask("logs:FilterLogEvents", f"{LOG_OF_WATCH}:log-stream:"),
    ask("scheduler:GetSchedule", SCHEDULE),
    ask("scheduler:GetScheduleGroup", "schedule-group/scheduled-jobs-production"),
    ask("scheduler:ListSchedules", "*"),
    ask("scheduler:UpdateSchedule", SCHEDULE),
    ask("sns:GetSubscriptionAttributes", "*"),
    ask("sns:GetTopicAttributes", "scheduled-jobs-production-problems"),
    ask("secretsmanager:DescribeSecret", "secret:web-db-AbCdEf"),
    ask("secretsmanager:GetResourcePolicy", "secret:web-db-AbCdEf"),
    ask("sns:ListSubscriptionsByTopic", "scheduled-jobs-production-alerts"),
    ask("sqs:GetQueueAttributes", DEAD_LETTERS),
    ask("sqs:GetQueueUrl", DEAD_LETTERS),
    ask("sqs:GetQueueUrl", LAUNCHES),
    ask("sqs:GetQueueUrl", "pager"),
    ask("sqs:ReceiveMessage", DEAD_LETTERS),
    ask("sqs:ReceiveMessage", GIVEN_UP),
    ask("dynamodb:PutItem", LEDGER, dynamodb_LeadingKeys=["stops"]),
    ask("scheduler:CreateSchedule", "schedule/scheduled-jobs-production/by-hand_0000aaaa"),
    ask("sqs:SendMessage", LAUNCHES),
    ask("ssm:DescribeParameters", "*"),
    ask("ssm:GetParametersByPath", f"parameter{HOLDS}"),
    ask("ssm:PutParameter", f"parameter{HOLDS}/ab12"),
)


def test_who_is_on_call_may_see_run_again_stop_and_pause() -> None:
    """Each of these is allowed, and there is no further action."""
    policies = held_by("on call")
    decisions = [evaluate(each, policies) for each in ON_CALL_MAY]
    assert [decision.reason for decision in decisions if not decision.allowed] == []
    named = [permissions.actions(policy) for policy in policies]
    assert set.union(*named) == {each.action for each in ON_CALL_MAY}
    assert set.intersection(*named) == set()


PREVIEWING = (
    ("s3:GetObject", "meta.yaml"),
    ("s3:GetObject", "stacks/scheduled-jobs/production.json"),
    ("s3:GetObject", "stacks/scheduled-jobs/production.pulumi-tags"),
)
UPDATING = (
    *PREVIEWING,
    ("s3:PutObject", "locks/organization/scheduled-jobs/production/77e3.json"),
    ("s3:GetObject", "locks/organization/scheduled-jobs/production/77e3.json"),
    ("s3:DeleteObject", "locks/organization/scheduled-jobs/production/77e3.json"),
    ("s3:PutObject", "stacks/scheduled-jobs/production.json"),
    ("s3:PutObject", "stacks/scheduled-jobs/production.json.bak"),
    ("s3:PutObject", "backups/scheduled-jobs/production/production.1795229763.json"),
    ("s3:PutObject", "history/scheduled-jobs/production/production-1795229763.history.json"),
    ("s3:PutObject", "history/scheduled-jobs/production/production-1795229763.checkpoint.json"),
)
"""What Pulumi 3.259 asked of an S3 bucket, below `.pulumi/`: `preview` takes no lock."""


@pytest.mark.parametrize(("role", "asked"), [("previews", PREVIEWING), ("deploys", UPDATING)], ids=["preview", "up"])
def test_the_backend_can_be_used(role: str, asked: tuple[tuple[str, str], ...]) -> None:
    """Each call that the command makes is allowed, and finding what is not there."""
    held = held_by(role)
    requests = [ask(action, f"acme-pulumi/.pulumi/{key}") for action, key in asked]
    decisions = [evaluate(each, held) for each in [*requests, ask("s3:ListBucket", "acme-pulumi")]]
    assert [decision.reason for decision in decisions if not decision.allowed] == []


@pytest.mark.parametrize("action", ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"])
def test_only_bounded_roles_are_made_and_written(action: str) -> None:
    """With the further policy, the stack's boundary is asked for; without it, none is."""
    deploying = [permissions.policy(DEPLOY)]
    bounded = [*deploying, permissions.policy(ONLY_BOUNDED)]
    ours, other = (ask(action, ROLE, iam_PermissionsBoundary=arn("iam", f"policy/{n}")) for n in ("boundary", "b"))
    assert evaluate(ours, bounded).allowed
    assert not evaluate(other, bounded).allowed
    assert not evaluate(ask(action, ROLE), bounded).allowed
    assert evaluate(ask(action, ROLE), deploying).allowed


LAUNCHING = launch_policy(
    cluster_arn=CLUSTER,
    task_definition=STACK["family"],
    passed_roles=TASK_ROLES,
    dead_letter_arn=arn("sqs", DEAD_LETTERS),
    launches_arn=arn("sqs", LAUNCHES),
    service="web",
)
WATCHING = watch_policy(
    project="scheduled-jobs",
    schedule_group_arn=arn("scheduler", "schedule-group/scheduled-jobs-production"),
    table_arn=arn("dynamodb", LEDGER),
    topic_arn=ALERTS,
    dead_letter_arn=arn("sqs", DEAD_LETTERS),
    given_up_arn=arn("sqs", GIVEN_UP),
    own_log_group_arn=arn("logs", LOG_OF_WATCH),
    cluster_arns=[CLUSTER],
    log_groups=[STACK["log-group"]],
    launches_arn=arn("sqs", LAUNCHES),
)
SUPERVISING = supervisor_policy(
    schedule_group_arn=arn("scheduler", "schedule-group/scheduled-jobs-production"),
    path="/scheduled-jobs/scheduled-jobs-production/",
    table_arn=arn("dynamodb", LEDGER),
    launches_arn=arn("sqs", LAUNCHES),
    watch_arn=WATCH,
    own_log_group_arn=arn("logs", LOG_OF_SUPERVISOR),
    cluster_arns=[CLUSTER],
)
LAUNCH = (
    ask("ecs:RunTask", "task-definition/web:7", ecs_cluster=CLUSTER),
    ask("ecs:TagResource", "task/production/0123", ecs_CreateAction="RunTask"),
    ask("iam:PassRole", "role/web-task", iam_PassedToService=TASKS),
    ask("iam:PassRole", "role/web-execution", iam_PassedToService=TASKS),
    ask("sqs:SendMessage", DEAD_LETTERS),
    ask("sqs:SendMessage", LAUNCHES),
    ask("ecs:DescribeServices", "service/production/web"),
)
SUPERVISION = (
    ask("dynamodb:BatchGetItem", LEDGER),
    ask("dynamodb:PutItem", LEDGER, dynamodb_LeadingKeys=["jobs"]),
    ask("ecs:DescribeTasks", "task/production/0123"),
    Request("ecs:StopTask", arn("ecs", "task/production/0123"), OWN_RUN),
    ask("lambda:InvokeFunction", "function:scheduled-jobs-production-watch"),
    ask("logs:CreateLogStream", f"{LOG_OF_SUPERVISOR}:log-stream:2026/11/26/[$LATEST]0123"),
    ask("logs:PutLogEvents", f"{LOG_OF_SUPERVISOR}:log-stream:2026/11/26/[$LATEST]0123"),
    ask("sqs:DeleteMessage", LAUNCHES),
    ask("sqs:GetQueueAttributes", LAUNCHES),
    ask("sqs:ReceiveMessage", LAUNCHES),
    ask("sqs:SendMessage", LAUNCHES),
    ask("ssm:GetParametersByPath", f"parameter{HOLDS}"),
    Request("sts:AssumeRole", arn("iam", ROLE)),
)
WATCH_ROUND = (
    ask("dynamodb:BatchGetItem", LEDGER),
    ask("dynamodb:PutItem", LEDGER, dynamodb_LeadingKeys=["jobs"]),
    ask("dynamodb:Query", LEDGER),
    ask("ecs:DescribeTaskDefinition", "*"),
    ask("ecs:DescribeTasks", "task/production/0123"),
    ask("ecs:ListTasks", "*", ecs_cluster=CLUSTER),
    ask("logs:CreateLogStream", f"{LOG_OF_WATCH}:log-stream:2026/11/26/[$LATEST]0123"),
    ask("logs:GetLogEvents", f"{LOG}:log-stream:ecs/app/0123"),
    ask("logs:PutLogEvents", f"{LOG_OF_WATCH}:log-stream:2026/11/26/[$LATEST]0123"),
    ask("scheduler:GetSchedule", SCHEDULE),
    ask("scheduler:ListSchedules", "*"),
    ask("scheduler:UpdateSchedule", SCHEDULE),
    ask("iam:PassRole", ROLE, iam_PassedToService=SCHEDULER),
    ask("ssm:DeleteParameter", f"parameter{HOLDS}/ab12"),
    ask("ssm:PutParameter", f"parameter{HOLDS}/ab12"),
    ask("ssm:GetParametersByPath", f"parameter{HOLDS}"),
    ask("sns:Publish", "scheduled-jobs-production-alerts"),
    ask("sqs:SendMessage", GIVEN_UP),
    ask("sqs:SendMessage", LAUNCHES),
    ask("sqs:DeleteMessage", DEAD_LETTERS),
    ask("sqs:GetQueueAttributes", DEAD_LETTERS),
    ask("sqs:ReceiveMessage", DEAD_LETTERS),
)


@pytest.mark.parametrize(
    ("policy", "needed"),
    [(LAUNCHING, LAUNCH), (WATCHING, WATCH_ROUND), (SUPERVISING, SUPERVISION)],
    ids=["launch role", "watch's role", "supervisor's role"],
)
def test_a_bounded_role_can_do_its_work(policy: Policy, needed: tuple[Request, ...]) -> None:
    """All that the role is allowed passes the boundary, and is tried here."""
    decisions = [evaluate(each, [policy], permissions.policy(BOUNDARY)) for each in needed]
    assert [decision.reason for decision in decisions if not decision.allowed] == []
    assert permissions.actions(policy) == {each.action for each in needed}


NEEDED_WITHIN = {"lambda:InvokeFunction", "sns:Publish", "sts:AssumeRole"}
"""What the watch and the supervisor do within the stack."""


def test_a_bounded_role_can_do_no_more() -> None:
    """What a deployment might give a role besides does not pass the boundary, which has no action for nobody."""
    boundary = permissions.policy(BOUNDARY)
    everything = [{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}]
    beyond = [
        *(each for each in ADMINISTRATION if each.action not in NEEDED_WITHIN),
        Request("ecs:StopTask", arn("ecs", "task/staging/0123"), OWN_RUN),
        ask("lambda:InvokeFunction", "function:scheduled-jobs-staging-watch"),
        ask("sqs:SendMessage", "scheduled-jobs-staging-launches"),
        Request("sts:AssumeRole", arn("iam", "role/scheduled-jobs/scheduled-jobs-staging/cleanup-1a2b3c4")),
        ask("dynamodb:PutItem", "table/scheduled-jobs-staging-ledger-1a2b3c4"),
        ask("ecs:RunTask", "task-definition/web:7", ecs_cluster=arn("ecs", "cluster/staging")),
        ask("ecs:TagResource", "task/production/0123"),
        ask("iam:PassRole", "role/web-task", iam_PassedToService=SCHEDULER),
        ask("logs:PutLogEvents", f"{LOG}:log-stream:ecs/app/0123"),
        ask("sns:Publish", "scheduled-jobs-staging-alerts"),
    ]
    assert [each.action for each in beyond if evaluate(each, everything, boundary).allowed] == []
    roles = (LAUNCHING, WATCHING, SUPERVISING)
    assert permissions.actions(boundary) == set().union(*map(permissions.actions, roles))


KEY = arn("kms", f"key/{STACK['kms-key']}")
VIA = {service: f"{service}.{STACK['region']}.amazonaws.com" for service in ("dynamodb", "s3", "sns", "sqs")}
KEYED_LAUNCHING = launch_policy(
    cluster_arn=CLUSTER,
    task_definition=STACK["family"],
    passed_roles=TASK_ROLES,
    dead_letter_arn=arn("sqs", DEAD_LETTERS),
    kms_key_arn=KEY,
)
KEYED_SUPERVISING = supervisor_policy(
    schedule_group_arn=arn("scheduler", "schedule-group/scheduled-jobs-production"),
    path="/scheduled-jobs/scheduled-jobs-production/",
    table_arn=arn("dynamodb", LEDGER),
    launches_arn=arn("sqs", LAUNCHES),
    watch_arn=WATCH,
    own_log_group_arn=arn("logs", LOG_OF_SUPERVISOR),
    cluster_arns=[CLUSTER],
    kms_key_arn=KEY,
)
KEYED_WATCHING = watch_policy(
    project="scheduled-jobs",
    schedule_group_arn=arn("scheduler", "schedule-group/scheduled-jobs-production"),
    table_arn=arn("dynamodb", LEDGER),
    topic_arn=ALERTS,
    dead_letter_arn=arn("sqs", DEAD_LETTERS),
    given_up_arn=arn("sqs", GIVEN_UP),
    own_log_group_arn=arn("logs", LOG_OF_WATCH),
    cluster_arns=[CLUSTER],
    log_groups=[STACK["log-group"]],
    kms_key_arn=KEY,
)
USES = {
    "launch role": (
        KEYED_LAUNCHING,
        {("kms:Decrypt", "sqs"), ("kms:GenerateDataKey", "sqs")},
    ),
    "watch's role": (
        KEYED_WATCHING,
        {("kms:Decrypt", service) for service in ("dynamodb", "sns", "sqs")}
        | {("kms:GenerateDataKey", service) for service in ("sns", "sqs")},
    ),
    "supervisor's role": (
        KEYED_SUPERVISING,
        {("kms:Decrypt", "dynamodb"), ("kms:Decrypt", "sqs"), ("kms:GenerateDataKey", "sqs")},
    ),
    "previews": (permissions.policy(permissions.KEYED_PREVIEW), {("kms:Decrypt", "dynamodb")}),
    "on call": (permissions.policy(permissions.KEYED_ON_CALL), {("kms:GenerateDataKey", "sqs")}),
    "looks": (
        permissions.policy(permissions.KEYED_LOOK),
        {("kms:Decrypt", "dynamodb"), ("kms:Decrypt", "sqs")},
    ),
}


@pytest.mark.parametrize(("policy", "expected"), USES.values(), ids=USES)
def test_a_key_is_used_through_the_services_that_need_it(policy: Policy, expected: set[tuple[str, str]]) -> None:
    """Each role may use this key, through these services, and neither directly nor any other key."""
    tried = [(action, service) for action in ("kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt") for service in VIA]
    key = f"key/{STACK['kms-key']}"
    allowed = {
        (action, service)
        for action, service in tried
        if evaluate(ask(action, key, kms_ViaService=VIA[service]), [policy]).allowed
    }
    assert allowed == expected
    for action, service in expected:
        assert not evaluate(ask(action, key), [policy]).allowed
        assert not evaluate(ask(action, "key/other", kms_ViaService=VIA[service]), [policy]).allowed
        assert not evaluate(ask(action, key, kms_ViaService="sqs.eu-west-1.amazonaws.com"), [policy]).allowed


@pytest.mark.parametrize("role", ["launch role", "watch's role", "supervisor's role"])
def test_a_bounded_role_can_use_the_key(role: str) -> None:
    """All that the role may do with the key passes the boundary with the statements for a key, and not without them."""
    policy, uses = USES[role]
    plain, keyed = (permissions.policy(title)["Statement"] for title in (BOUNDARY, permissions.KEYED_BOUNDARY))
    for action, service in uses:
        request = ask(action, f"key/{STACK['kms-key']}", kms_ViaService=VIA[service])
        assert evaluate(request, [policy], {"Statement": [*plain, *keyed]}).allowed
        assert not evaluate(request, [policy], {"Statement": plain}).allowed


def test_the_boundary_lets_a_key_be_used_for_nothing_else() -> None:
    """It has no use of the key that no role has."""
    everything = [{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}]
    boundary = permissions.policy(permissions.KEYED_BOUNDARY)
    tried = [(action, service) for action in ("kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt") for service in VIA]
    key = f"key/{STACK['kms-key']}"
    allowed = {
        (action, service)
        for action, service in tried
        if evaluate(ask(action, key, kms_ViaService=VIA[service]), everything, boundary).allowed
    }
    assert allowed == USES["launch role"][1] | USES["watch's role"][1]
