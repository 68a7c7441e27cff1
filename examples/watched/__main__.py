"""Two watched jobs on a cluster and a task definition that this program creates itself."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from components import (
    Endpoint,
    JobGroup,
    JobGroupArgs,
    PlacementArgs,
    ScheduleArgs,
    ScheduledJob,
    ScheduledJobArgs,
    WatchArgs,
)

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}

cluster = aws.ecs.Cluster("reports", name="reports")
roles = {
    kind: aws.iam.Role(f"reports-{kind}", name=f"reports-{kind}", assume_role_policy=json.dumps(TRUST))
    for kind in ("task", "execution")
}
log = aws.cloudwatch.LogGroup("reports", name="/reports", retention_in_days=30)
container = {
    "name": "app",
    "image": "registry.example.com/reports:1.0",
    "essential": True,
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/reports", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "ecs"},
    },
}
definition = aws.ecs.TaskDefinition(
    "reports",
    family="reports",
    cpu="256",
    memory="512",
    network_mode="awsvpc",
    requires_compatibilities=["FARGATE"],
    task_role_arn=roles["task"].arn,
    execution_role_arn=roles["execution"].arn,
    container_definitions=json.dumps([container]),
    opts=pulumi.ResourceOptions(depends_on=[log]),
)

placement = PlacementArgs(
    cluster_arn=cluster.arn,
    task_definition=definition.family,
    container="app",
    passed_roles=[role.arn for role in roles.values()],
    subnets=pulumi.Config().require_object("subnets"),
)
group = JobGroup(
    "jobs",
    JobGroupArgs(
        endpoints=[Endpoint(protocol="email", to="on-call@example.com")],
        watch=WatchArgs(placements=[placement]),
    ),
)
for name, expression in {"orders": "cron(0 2 * * ? *)", "sales": "rate(6 hours)"}.items():
    ScheduledJob(
        name,
        ScheduledJobArgs(
            group=group,
            placement=placement,
            command=["python", "report.py", name],
            schedules=[
                ScheduleArgs(expression=expression, timezone="Europe/Berlin", environment={"AUDIENCE": "finance"})
            ],
            owner="data",
            runbook="https://wiki.example.com/reports",
        ),
    )
