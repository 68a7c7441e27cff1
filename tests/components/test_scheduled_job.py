"""Tests of a job's resources, as declared and as they exist in the embedded AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pulumi
import pytest

from components import alerting, launch_policy
from components.run_task_request import client_token
from tests.components.embedded import ACCOUNT, EmbeddedCloud
from tests.components.stacks import BOUNDARY, CLUSTER, ON_CALL, PLACE, ROLES, group, job, program, schedule

JOB_TAGS = {"team": "data", "job": "nightly-report", "owner": "data"}
CHILDREN = [
    ("scheduled-jobs:index:ScheduledJob", "nightly-report", ""),
    ("aws:iam/role:Role", "nightly-report", "nightly-report"),
    ("aws:iam/rolePolicy:RolePolicy", "nightly-report", "nightly-report"),
    ("aws:cloudwatch/eventRule:EventRule", "nightly-report", "nightly-report"),
    ("aws:cloudwatch/eventTarget:EventTarget", "nightly-report", "nightly-report"),
    ("aws:scheduler/schedule:Schedule", "nightly-report", "nightly-report"),
]


def own(declared: list[Any]) -> list[tuple[str, str, str]]:
    """Return the resources of the job."""
    shown = [(one.type, one.name, one.parent) for one in declared]
    return [one for one in shown if "nightly-report" in one[1:]]


def test_declares_six_resources(cloud: EmbeddedCloud) -> None:
    """A job with one schedule has six resources, including the component; the schedule is the last."""
    deployment, _ = cloud.run(program())
    assert sorted(own(deployment.declared)) == sorted(CHILDREN)
    assert deployment.declared[-1].type == "aws:scheduler/schedule:Schedule"


def test_writes_the_schedule(cloud: EmbeddedCloud) -> None:
    """The schedule's inputs are exactly these."""
    deployment, _ = cloud.run(program())
    inputs = deployment.one("Schedule", "nightly-report").inputs
    request = json.loads(inputs["target"].pop("input"))
    role = cloud.client("iam").list_roles(PathPrefix="/jobs/jobs-staging/")["Roles"][0]["Arn"]
    assert inputs == {
        "name": "nightly-report",
        "groupName": "jobs-staging",
        "description": "wanted=ENABLED Sum up orders (owner: data)",
        "state": "ENABLED",
        "scheduleExpression": "cron(0 2 * * ? *)",
        "scheduleExpressionTimezone": "Europe/Berlin",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": {
            "arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask",
            "roleArn": role,
            "deadLetterConfig": {"arn": f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters"},
            "retryPolicy": {"maximumRetryAttempts": 3, "maximumEventAgeInSeconds": 900},
        },
    }
    assert request == {
        "Cluster": CLUSTER,
        "TaskDefinition": "web",
        "Count": 1,
        "ClientToken": client_token("jobs", "staging", "nightly-report"),
        "Group": "jobs-staging:nightly-report",
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "Subnets": ["subnet-0a", "subnet-0b"],
                "SecurityGroups": ["sg-01"],
                "AssignPublicIp": "DISABLED",
            }
        },
        "Overrides": {
            "ContainerOverrides": [
                {
                    "Name": "app",
                    "Command": ["python", "manage.py", "build_report"],
                    "Environment": [
                        {"Name": "JOB_NAME", "Value": "nightly-report"},
                        {"Name": "JOB_SCHEDULE", "Value": "nightly-report"},
                        {"Name": "JOB_SCHEDULED_TIME", "Value": "<aws.scheduler.scheduled-time>"},
                    ],
                }
            ]
        },
        "EnableECSManagedTags": True,
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(JOB_TAGS.items())],
    }


def test_writes_role_rule_and_target(cloud: EmbeddedCloud) -> None:
    """The launch role, its policy, the alert rule and its target have exactly these inputs."""
    deployment, _ = cloud.run(program())
    role = deployment.one("Role", "nightly-report").inputs
    trust = launch_policy.trust_policy(f"arn:aws:scheduler:{PLACE}:schedule-group/jobs-staging")
    assert json.loads(role.pop("assumeRolePolicy")) == trust
    assert role == {
        "path": "/jobs/jobs-staging/",
        "description": "Lets EventBridge Scheduler launch the job nightly-report of jobs-staging",
        "tags": JOB_TAGS,
    }
    policy = deployment.one("RolePolicy", "nightly-report").inputs
    assert json.loads(policy["policy"]) == launch_policy.launch_policy(
        cluster_arn=CLUSTER,
        task_definition="web",
        passed_roles=ROLES,
        dead_letter_arn=f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters",
    )
    rule = deployment.one("EventRule", "nightly-report").inputs
    assert json.loads(rule["eventPattern"]) == alerting.event_pattern(
        cluster_arn=CLUSTER, task_group="jobs-staging:nightly-report", container="app"
    )
    target = deployment.one("EventTarget", "nightly-report").inputs
    assert target["arn"] == f"arn:aws:sns:{PLACE}:jobs-staging-alerts"
    assert target["inputTransformer"]["inputPaths"] == alerting.INPUT_PATHS
    assert target["inputTransformer"]["inputTemplate"] == alerting.input_template(
        stack="jobs-staging",
        job="nightly-report",
        container="app",
        owner="data",
        runbook="https://wiki.example.com/nightly-report",
    )


def test_makes_schedules_last(cloud: EmbeddedCloud) -> None:
    """A schedule depends on the policy, the target and the alert path, so that it cannot fire before them."""
    given = {"endpoints": [ON_CALL]}
    deployment, _ = cloud.run(program(schedule(key="a"), schedule(key="b"), group_args=given))
    needed = {
        ("aws:iam/rolePolicy:RolePolicy", "nightly-report"),
        ("aws:cloudwatch/eventTarget:EventTarget", "nightly-report"),
        ("aws:scheduler/scheduleGroup:ScheduleGroup", "jobs"),
        ("aws:sqs/queue:Queue", "jobs-dead-letters"),
        ("aws:sns/topicPolicy:TopicPolicy", "jobs-alerts"),
        ("aws:sns/topicSubscription:TopicSubscription", "jobs-email-ops@example.com"),
    }
    schedules = deployment.of(":Schedule")
    assert len(schedules) == 2
    for one in schedules:
        assert needed <= deployment.before(one)
    target = deployment.one("EventTarget", "nightly-report")
    assert ("aws:sns/topicPolicy:TopicPolicy", "jobs-alerts") in target.after


def test_makes_several_schedules(cloud: EmbeddedCloud) -> None:
    """Each schedule has its key in its name, and its own state, times, environment and size."""
    deployment, made = cloud.run(
        program(
            schedule(key="daily", environment={"A": "b"}, cpu=1024, memory=2048),
            schedule("rate(10 minutes)", key="often", enabled=False, window=5),
            schedule("at(2027-01-01T00:00:00)", key="once"),
            schedule(
                "cron(0 3 * * ? *)",
                key="limited",
                start=datetime(2030, 1, 1, tzinfo=UTC),
                end=datetime(2031, 1, 1, tzinfo=UTC),
            ),
        )
    )
    assert list(made.schedule_arns) == [f"nightly-report.{key}" for key in ("daily", "often", "once", "limited")]
    found = {one.name: one.inputs for one in deployment.of(":Schedule")}
    assert found.keys() == made.schedule_arns.keys()
    daily = json.loads(found["nightly-report.daily"]["target"]["input"])
    assert daily["Overrides"]["Cpu"] == "1024"
    assert daily["Overrides"]["Memory"] == "2048"
    assert {"Name": "A", "Value": "b"} in daily["Overrides"]["ContainerOverrides"][0]["Environment"]
    often = found["nightly-report.often"]
    assert (often["state"], often["description"][:15]) == ("DISABLED", "wanted=DISABLED")
    assert often["flexibleTimeWindow"] == {"mode": "FLEXIBLE", "maximumWindowInMinutes": 5}
    assert often["target"]["retryPolicy"]["maximumEventAgeInSeconds"] == 600
    limited = found["nightly-report.limited"]
    assert (limited["startDate"], limited["endDate"]) == ("2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z")
    tokens = {json.loads(one["target"]["input"])["ClientToken"] for one in found.values()}
    assert len(tokens) == 4


def test_exists_disabled(cloud: EmbeddedCloud) -> None:
    """A disabled schedule exists in AWS and does not fire."""
    cloud.run(program(schedule(enabled=False)))
    found = cloud.client("scheduler").get_schedule(GroupName="jobs-staging", Name="nightly-report")
    assert found["State"] == "DISABLED"


def test_puts_boundary_and_tags_everywhere(cloud: EmbeddedCloud) -> None:
    """Every role has the permissions boundary, and every resource has the stack's tags and the job's own."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    cloud.client("iam").create_policy(PolicyName="boundary", PolicyDocument=json.dumps(policy))
    deployment, _ = cloud.run(program(group_args={"permissions_boundary": BOUNDARY, "endpoints": [ON_CALL]}))
    assert [one.inputs["permissionsBoundary"] for one in deployment.of(":Role")] == [BOUNDARY]
    tags = {(one.type.rpartition(":")[2], one.name): one.inputs.get("tags") for one in deployment.declared[1:]}
    assert {key: value for key, value in tags.items() if value is not None} == {
        ("ScheduleGroup", "jobs"): {"team": "data"},
        ("Queue", "jobs-dead-letters"): {"team": "data"},
        ("Queue", "jobs-given-up"): {"team": "data"},
        ("Topic", "jobs-alerts"): {"team": "data"},
        ("Role", "nightly-report"): JOB_TAGS,
        ("EventRule", "nightly-report"): JOB_TAGS,
    }


def test_works_in_parallel_with_other_jobs(cloud: EmbeddedCloud) -> None:
    """Two jobs of one group share only the group, and neither reads config."""

    def two() -> None:
        shared = group()
        job(shared)
        job(shared, name="cleanup")

    deployment, _ = cloud.run(two)
    roles = {one.name: one.inputs["target"]["roleArn"] for one in deployment.of(":Schedule")}
    assert len(set(roles.values())) == 2
    assert len(deployment.of("ScheduleGroup")) == 1
    for role in roles.values():
        assert role.startswith(f"arn:aws:iam::{ACCOUNT}:role/jobs/jobs-staging/")


@pytest.mark.parametrize("capacity", [{}, {"FARGATE_SPOT": 1}], ids=["Fargate", "Spot"])
def test_chooses_capacity(cloud: EmbeddedCloud, capacity: dict[str, int]) -> None:
    """A placement's capacity becomes the launch type or the strategy of every launch."""

    def one() -> None:
        from components import PlacementArgs, ScheduledJob, ScheduledJobArgs  # noqa: PLC0415
        from tests.components.stacks import PLACEMENT  # noqa: PLC0415

        place = PlacementArgs(**PLACEMENT, capacity=capacity)
        ScheduledJob(
            "a", ScheduledJobArgs(group=group(), placement=place, command=["a"], schedules=[schedule()], owner="b")
        )

    deployment, _ = cloud.run(one)
    request = json.loads(deployment.of(":Schedule")[0].inputs["target"]["input"])
    assert request.get("LaunchType") == (None if capacity else "FARGATE")
    assert request.get("CapacityProviderStrategy") == (
        [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}] if capacity else None
    )


def test_mistakes_in_the_arguments_are_one_error(cloud: EmbeddedCloud) -> None:
    """Another program is told of all of them before anything is declared; Pulumi shows such an error alone."""

    def program() -> None:
        wrong = [schedule("cron(0 2 * * *)"), schedule("rate(1 dayz)", key="often")]
        with pytest.raises(pulumi.RunError) as raised:
            job(group(), *wrong, severity="fatal")
        first, *lines = str(raised.value).splitlines()
        assert first == "the arguments of the job 'nightly-report' have mistakes:"
        assert [line.partition(":")[0] for line in lines] == [
            "  schedules[0].expression",
            "  schedules[1].expression",
            "  severity",
        ]

    deployment, _ = cloud.run(program)
    assert deployment.of("Role") == []
