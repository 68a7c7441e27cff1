"""A nightly report on a cluster and a task definition that this program creates itself."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components import Endpoint, JobGroup, JobGroupArgs, PlacementArgs, ScheduleArgs, ScheduledJob, ScheduledJobArgs

network = aws.ec2.get_subnets_output(filters=[{"name": "default-for-az", "values": ["true"]}])
cluster = aws.ecs.Cluster("reports")
definition = awsx.ecs.FargateTaskDefinition(
    "reports",
    container=awsx.ecs.TaskDefinitionContainerDefinitionArgs(
        name="app", image="registry.example.com/reports:1.0", cpu=256, memory=512, essential=True
    ),
)

ScheduledJob(
    "nightly",
    ScheduledJobArgs(
        group=JobGroup("jobs", JobGroupArgs(endpoints=[Endpoint(protocol="email", to="on-call@example.com")])),
        placement=PlacementArgs(
            cluster_arn=cluster.arn,
            task_definition=definition.task_definition.apply(lambda made: made.family),
            container="app",
            passed_roles=pulumi.Output.all(definition.task_role, definition.execution_role).apply(
                lambda roles: pulumi.Output.all(*[role.arn for role in roles if role])
            ),
            subnets=network.ids,
            assign_public_ip=True,
        ),
        command=["python", "report.py"],
        schedules=[ScheduleArgs(expression="cron(0 2 * * ? *)", timezone="Europe/Berlin")],
        owner="data",
    ),
)
