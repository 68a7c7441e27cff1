"""Another team's program: one job on a cluster of its own, from plain arguments and outputs, without any config."""

# ruff: noqa: INP001 - a Pulumi program is a folder, not a package
from __future__ import annotations

import pulumi
from pulumi_aws import ecs

import cadence
from components import Endpoint, JobGroup, JobGroupArgs, PlacementArgs, ScheduleArgs, ScheduledJob, ScheduledJobArgs

cluster = ecs.Cluster("second", name="second")
definition = ecs.get_task_definition_output(task_definition="web")
told = [Endpoint(protocol="email", to="second@example.com")]
group = JobGroup("second", JobGroupArgs(name="second-team", endpoints=told))
job = ScheduledJob(
    "greet",
    ScheduledJobArgs(
        group=group,
        placement=PlacementArgs(
            cluster_arn=cluster.arn,
            task_definition="web",
            container="app",
            passed_roles=pulumi.Output.all(definition.task_role_arn, definition.execution_role_arn),
            subnets=["subnet-0a000000000000001"],
            security_groups=["sg-01000000000000001"],
        ),
        command=["printenv", "JOB_NAME", "GREETING"],
        schedules=[
            ScheduleArgs(
                timetable=cadence.Timetable(cadence.parse("cron(30 * * * ? *)")), environment={"GREETING": "hello"}
            )
        ],
        owner="second",
    ),
)
pulumi.export("role", job.role_arn)
