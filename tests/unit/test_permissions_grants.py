from __future__ import annotations

import pytest

from components.launch_policy import launch_policy
from sandbox.aws.iam_policy import evaluate
from tests import permissions
from tests.permissions import (
    ADMINISTRATION,
    BOUNDARY,
    CLUSTER,
    DEPLOY,
    ONLY_BOUNDED,
    ROLE,
    SCHEDULE,
    SCHEDULER,
    STACK,
    TASKS,
    arn,
    ask,
    held_by,
)

DEAD_LETTERS = "scheduled-jobs-production-dead-letters"
LOG = "log-group:/ecs/web"
ON_CALL_MAY = (
    ask("ecs:DescribeTaskDefinition", "*"),
    ask("ecs:DescribeTasks", "task/production/0123"),
    ask("ecs:ListTasks", "*", ecs_cluster=CLUSTER),
    ask("ecs:RunTask", "task-definition/web:7", ecs_cluster=CLUSTER),
    ask("ecs:TagResource", "task/production/0123", ecs_CreateAction="RunTask"),
    ask("iam:PassRole", ROLE, iam_PassedToService=SCHEDULER),
    ask("iam:PassRole", "role/web-execution", iam_PassedToService=TASKS),
    ask("iam:PassRole", "role/web-task", iam_PassedToService=TASKS),
    ask("logs:DescribeLogStreams", f"{LOG}:log-stream:"),
    ask("logs:FilterLogEvents", f"{LOG}:log-stream:"),
    ask("logs:GetLogEvents", f"{LOG}:log-stream:ecs/app/0123"),
    ask("scheduler:GetSchedule", SCHEDULE),
    ask("scheduler:GetScheduleGroup", "schedule-group/scheduled-jobs-production"),
    ask("scheduler:ListSchedules", "*"),
    ask("scheduler:UpdateSchedule", SCHEDULE),
    ask("sqs:GetQueueAttributes", DEAD_LETTERS),
    ask("sqs:GetQueueUrl", DEAD_LETTERS),
    ask("sqs:ReceiveMessage", DEAD_LETTERS),
)


def test_who_is_on_call_may_see_run_again_and_pause() -> None:
    """Each of these is allowed, and there is no further action."""
    (policy,) = held_by("on call")
    decisions = [evaluate(each, [policy]) for each in ON_CALL_MAY]
    assert [decision.reason for decision in decisions if not decision.allowed] == []
    assert permissions.actions(policy) == {each.action for each in ON_CALL_MAY}


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


def test_a_bounded_launch_role_launches_its_job_and_can_do_no_more() -> None:
    """All that a launch role is allowed passes the boundary; what a deployment might give it besides does not."""
    boundary = permissions.policy(BOUNDARY)
    launching = [
        launch_policy(
            cluster_arn=CLUSTER,
            task_definition=STACK["family"],
            passed_roles=[arn("iam", "role/web-task"), arn("iam", "role/web-execution")],
            dead_letter_arn=arn("sqs", "scheduled-jobs-production-dead-letters"),
        )
    ]
    needed = [
        ask("ecs:RunTask", "task-definition/web:7", ecs_cluster=CLUSTER),
        ask("ecs:TagResource", "task/production/0123", ecs_CreateAction="RunTask"),
        ask("iam:PassRole", "role/web-task", iam_PassedToService=TASKS),
        ask("iam:PassRole", "role/web-execution", iam_PassedToService=TASKS),
        ask("sqs:SendMessage", "scheduled-jobs-production-dead-letters"),
    ]
    decisions = [evaluate(each, launching, boundary) for each in needed]
    assert [decision.reason for decision in decisions if not decision.allowed] == []
    everything = [{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}]
    assert [each.action for each in ADMINISTRATION if evaluate(each, everything, boundary).allowed] == []
    beyond = [
        ask("ecs:RunTask", "task-definition/web:7", ecs_cluster=arn("ecs", "cluster/staging")),
        ask("ecs:TagResource", "task/production/0123"),
        ask("iam:PassRole", "role/web-task", iam_PassedToService=SCHEDULER),
    ]
    assert [each.action for each in beyond if evaluate(each, everything, boundary).allowed] == []
    assert permissions.actions(boundary) == permissions.actions(launching[0])
