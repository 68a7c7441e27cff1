"""The task definition and roles of a job that has an image of its own, as declared and in the embedded AWS."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components import EbsArgs, ImageTask, ImageTaskArgs, PlacementArgs, ScheduledJob, ScheduledJobArgs, VolumeArgs
from components.watch_args import WatchArgs
from tests.components.embedded import ACCOUNT
from tests.components.stacks import BOUNDARY, PLACE, PLACEMENT, group, schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from supervision.limits import Limits
    from tests.components.embedded import Deployment, EmbeddedCloud

LOG = "/aws/ecs/staging-cron-jobs"
LOGS = {
    "logDriver": "awslogs",
    "options": {
        "awslogs-group": LOG,
        "awslogs-region": "eu-central-1",
        "awslogs-stream-prefix": "db-cleanup",
        "mode": "blocking",
    },
}
IMAGE = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/team/db-cleanup:1.4"
SECRET = f"arn:aws:secretsmanager:{PLACE}:secret:db-AbCdEf"
KEY = f"arn:aws:kms:{PLACE}:key/0a0a0a0a-0000-4000-8000-000000000001"


def program(
    *,
    group_args: dict[str, Any] | None = None,
    limits: Limits | None = None,
    **args: Any,  # noqa: ANN401 - arguments of the task definition
) -> Callable[[], ScheduledJob]:
    """Return a program with one job that has an image of its own."""

    def declare() -> ScheduledJob:
        place = PlacementArgs(**{**PLACEMENT, "log_groups": [LOG]})
        shared = {"log_group": LOG, "watch": WatchArgs(placements=[place]), **(group_args or {})}
        jobs = group(**shared)
        task = ImageTask(
            "db-cleanup", ImageTaskArgs(**{"group": jobs, "placement": place, "image": IMAGE, "owner": "data", **args})
        )
        return ScheduledJob(
            "db-cleanup",
            ScheduledJobArgs(
                group=jobs,
                placement=task.place,
                command=["clean"],
                schedules=[schedule(limits=limits)],
                owner="data",
            ),
        )

    return declare


def definition_of(deployment: Deployment) -> dict[str, Any]:
    """Return the inputs of the task definition."""
    return dict(deployment.one("TaskDefinition", "db-cleanup").inputs)


def policy_of(cloud: EmbeddedCloud, purpose: str) -> list[dict[str, Any]]:
    """Return the statements of one of the job's roles."""
    iam = cloud.client("iam")
    names = [role["RoleName"] for role in iam.list_roles(PathPrefix="/jobs/jobs-staging/")["Roles"]]
    role = next(name for name in names if name.startswith(f"db-cleanup-{purpose}"))
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    statements: list[dict[str, Any]] = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"][
        "Statement"
    ]
    return statements


def test_writes_the_task_definition(cloud: EmbeddedCloud) -> None:
    """The inputs are exactly these. Command and environment come with each launch."""
    deployment, _ = cloud.run(
        program(secrets={"DB_PASSWORD": f"{SECRET}:password::", "DB_USERNAME": f"{SECRET}:user::"})
    )
    inputs = definition_of(deployment)
    role = inputs.pop("executionRoleArn")
    assert role.startswith(f"arn:aws:iam::{ACCOUNT}:role/jobs/jobs-staging/db-cleanup-execution-")
    assert json.loads(inputs.pop("containerDefinitions")) == [
        {
            "name": "job",
            "image": IMAGE,
            "essential": True,
            "stopTimeout": 30,
            "secrets": [
                {"name": "DB_PASSWORD", "valueFrom": f"{SECRET}:password::"},
                {"name": "DB_USERNAME", "valueFrom": f"{SECRET}:user::"},
            ],
            "logConfiguration": LOGS,
        }
    ]
    assert inputs == {
        "family": "jobs-staging-db-cleanup",
        "cpu": "256",
        "memory": "512",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"},
        "tags": {"team": "data", "job": "db-cleanup", "owner": "data"},
    }


@pytest.mark.parametrize("types", [["EC2"], ["MANAGED_INSTANCES"], ["EC2", "MANAGED_INSTANCES"]])
def test_is_registered_for_what_its_place_runs_on(cloud: EmbeddedCloud, types: list[str]) -> None:
    """ECS then checks the task definition against it."""
    place = PlacementArgs(**{**PLACEMENT, "log_groups": [LOG], "capacity": {"spot": 1}, "launch_types": types})
    deployment, _ = cloud.run(program(placement=place))
    assert deployment.one("TaskDefinition", "db-cleanup").inputs["requiresCompatibilities"] == types


def test_what_can_be_chosen(cloud: EmbeddedCloud) -> None:
    """Sizes, architecture, disk, stop timeout, the mode of the log, and an existing role."""
    role = f"arn:aws:iam::{ACCOUNT}:role/cleaner"
    deployment, _ = cloud.run(
        program(
            cpu=1024,
            memory=2048,
            architecture="arm64",
            ephemeral_storage=50,
            stop_timeout=120,
            log_mode="non-blocking",
            task_role_arn=role,
        )
    )
    inputs = definition_of(deployment)
    (container,) = json.loads(inputs["containerDefinitions"])
    assert (inputs["cpu"], inputs["memory"], inputs["taskRoleArn"]) == ("1024", "2048", role)
    assert inputs["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    assert inputs["ephemeralStorage"] == {"sizeInGib": 50}
    assert container["stopTimeout"] == 120
    assert container["logConfiguration"]["options"]["mode"] == "non-blocking"
    launch = deployment.one("RolePolicy", "db-cleanup").inputs["policy"]
    assert role in launch


def test_ecs_may_start_exactly_this_task(cloud: EmbeddedCloud) -> None:
    """It may pull this image, write this log, and read these secrets with this key."""
    secrets = {"PASSWORD": f"{SECRET}:password::", "USER": f"{SECRET}:user::", "TOKEN": "/team/token"}
    cloud.run(program(secrets=secrets, secret_keys=[KEY]))
    assert policy_of(cloud, "execution") == [
        {
            "Sid": "WriteLog",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"arn:aws:logs:{PLACE}:log-group:{LOG}:*",
        },
        {"Sid": "LogIn", "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {
            "Sid": "PullImage",
            "Effect": "Allow",
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Resource": f"arn:aws:ecr:{PLACE}:repository/team/db-cleanup",
        },
        {
            "Sid": "ReadSecrets",
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": [SECRET],
        },
        {
            "Sid": "ReadParameters",
            "Effect": "Allow",
            "Action": "ssm:GetParameters",
            "Resource": [f"arn:aws:ssm:{PLACE}:parameter/team/token"],
        },
        {
            "Sid": "DecryptSecrets",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": [KEY],
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": ["secretsmanager.eu-central-1.amazonaws.com", "ssm.eu-central-1.amazonaws.com"]
                }
            },
        },
    ]


def test_an_image_of_another_registry_needs_no_permission(cloud: EmbeddedCloud) -> None:
    """Docker Hub and others are pulled without a role."""
    cloud.run(program(image="docker.io/library/busybox:1.37"))
    assert [one["Sid"] for one in policy_of(cloud, "execution")] == ["WriteLog"]


def test_the_job_has_its_own_permissions(cloud: EmbeddedCloud) -> None:
    """Its role has exactly its statements, and the boundary; the launch role may pass both roles."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Action": "*", "Resource": "*"}]})
    cloud.client("iam").create_policy(PolicyName="boundary", PolicyDocument=document)
    deployment, _ = cloud.run(program(statements=[statement], group_args={"permissions_boundary": BOUNDARY}))
    assert policy_of(cloud, "task") == [statement]
    roles = [one.inputs for one in deployment.of("/role:Role") if one.name.startswith("db-cleanup-")]
    assert [one["permissionsBoundary"] for one in roles] == [BOUNDARY, BOUNDARY]
    passed = next(
        one
        for one in json.loads(deployment.one("RolePolicy", "db-cleanup").inputs["policy"])["Statement"]
        if one["Action"] == "iam:PassRole"
    )
    assert [arn.rpartition("/")[2].rpartition("-")[0] for arn in passed["Resource"]] == [
        "db-cleanup-execution",
        "db-cleanup-task",
    ]


def test_only_ecs_of_this_account_may_assume_its_roles(cloud: EmbeddedCloud) -> None:
    """The trust policy is exactly this."""
    deployment, _ = cloud.run(program())
    trust = json.loads(deployment.one("Role", "db-cleanup-execution").inputs["assumeRolePolicy"])
    assert trust["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": ACCOUNT},
                "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{PLACE}:*"},
            },
        }
    ]


def test_the_schedule_comes_after_all_that_its_task_needs(cloud: EmbeddedCloud) -> None:
    """Log, roles and task definition stand before a tick can launch the job."""
    deployment, _ = cloud.run(program())
    names = [(one.type.rpartition(":")[2], one.name) for one in deployment.declared]
    last = names.index(("Schedule", "db-cleanup"))
    for kind in ("LogGroup", "TaskDefinition", "Role", "RolePolicy"):
        assert max(place for place, (found, _) in enumerate(names) if found == kind) < last
    assert ("aws:ecs/taskDefinition:TaskDefinition", "db-cleanup") in deployment.one("Schedule", "db-cleanup").after


def test_needs_a_group_with_a_log() -> None:
    """The error names the argument, before anything is declared."""
    without: Any = SimpleNamespace(name="jobs-staging", log=None)
    place = PlacementArgs(**PLACEMENT)
    with pytest.raises(pulumi.RunError) as error:
        ImageTask("db-cleanup", ImageTaskArgs(group=without, placement=place, image=IMAGE, owner="data"))
    assert str(error.value) == "the group jobs-staging has no log for db-cleanup; set `log_group` of `JobGroupArgs`"


def test_a_task_has_one_volume_of_ebs() -> None:
    """ECS takes no second one, and would refuse each launch; nothing is declared."""
    logged: Any = SimpleNamespace(name="jobs-staging", log=SimpleNamespace())
    volumes = [VolumeArgs(path=path, ebs=EbsArgs(size_gib=10)) for path in ("/a", "/b")]
    args = ImageTaskArgs(group=logged, placement=PlacementArgs(**PLACEMENT), image=IMAGE, owner="data", volumes=volumes)
    with pytest.raises(pulumi.RunError) as error:
        ImageTask("db-cleanup", args)
    assert str(error.value) == (
        "`volumes` of `ImageTaskArgs` for db-cleanup: 2 of them have `ebs`; a task can have one such volume"
    )
