"""Sidecars and volumes of a job that has an image of its own, as declared and in the embedded AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from components import EfsArgs, SidecarArgs, VolumeArgs
from emulator.iam.policy_evaluation import Request, evaluate
from tests.components.embedded import ACCOUNT
from tests.components.stacks import PLACE
from tests.components.test_image_task import IMAGE, LOGS, SECRET, definition_of, policy_of, program

if TYPE_CHECKING:
    from tests.components.embedded import EmbeddedCloud

COLLECTOR = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/team/collector@sha256:{'0a' * 32}"
FS, POINT = "fs-0123456789abcdef0", "fsap-0123456789abcdef0"
FILE_SYSTEM = f"arn:aws:elasticfilesystem:{PLACE}:file-system/{FS}"
ACCESS_POINT = f"arn:aws:elasticfilesystem:{PLACE}:access-point/{POINT}"
SIDECARS = [
    SidecarArgs(
        name="collector",
        image=COLLECTOR,
        command=["--config", "/etc/otel.yaml"],
        environment={"B": "2", "A": "1"},
        secrets={"TOKEN": f"{SECRET}:token::"},
        cpu=64,
        memory=128,
        job_waits_for="HEALTHY",
        start_timeout=60,
        health_check={"command": ["CMD", "/healthcheck"], "interval": 5},
        stop_timeout=10,
    ),
    SidecarArgs(name="proxy", image="registry.example.com/proxy:2.1", essential=True),
]
VOLUMES = [
    VolumeArgs(path="/work", sidecars={"collector": True}),
    VolumeArgs(path="/data/in", read_only=True, efs=EfsArgs(file_system=FS, access_point=POINT)),
    VolumeArgs(path="/data/out", efs=EfsArgs(file_system=FS, root="/out", iam=False)),
]


def test_writes_the_containers(cloud: EmbeddedCloud) -> None:
    """The job's container comes first. It waits for the sidecars that it must wait for."""
    deployment, _ = cloud.run(program(sidecars=SIDECARS, volumes=VOLUMES))
    inputs = definition_of(deployment)
    assert json.loads(inputs["containerDefinitions"]) == [
        {
            "name": "job",
            "image": IMAGE,
            "essential": True,
            "stopTimeout": 30,
            "mountPoints": [
                {"sourceVolume": "work", "containerPath": "/work", "readOnly": False},
                {"sourceVolume": "data-in", "containerPath": "/data/in", "readOnly": True},
                {"sourceVolume": "data-out", "containerPath": "/data/out", "readOnly": False},
            ],
            "dependsOn": [{"containerName": "collector", "condition": "HEALTHY"}],
            "logConfiguration": LOGS,
        },
        {
            "name": "collector",
            "image": COLLECTOR,
            "essential": False,
            "stopTimeout": 10,
            "cpu": 64,
            "memory": 128,
            "startTimeout": 60,
            "healthCheck": {"command": ["CMD", "/healthcheck"], "interval": 5},
            "command": ["--config", "/etc/otel.yaml"],
            "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            "secrets": [{"name": "TOKEN", "valueFrom": f"{SECRET}:token::"}],
            "mountPoints": [{"sourceVolume": "work", "containerPath": "/work", "readOnly": True}],
            "logConfiguration": LOGS,
        },
        {
            "name": "proxy",
            "image": "registry.example.com/proxy:2.1",
            "essential": True,
            "stopTimeout": 30,
            "logConfiguration": LOGS,
        },
    ]
    assert inputs["volumes"] == [
        {"name": "work"},
        {
            "name": "data-in",
            "efsVolumeConfiguration": {
                "fileSystemId": FS,
                "rootDirectory": "/",
                "transitEncryption": "ENABLED",
                "authorizationConfig": {"accessPointId": POINT, "iam": "ENABLED"},
            },
        },
        {
            "name": "data-out",
            "efsVolumeConfiguration": {"fileSystemId": FS, "rootDirectory": "/out", "transitEncryption": "ENABLED"},
        },
    ]


def test_ecs_may_start_each_container(cloud: EmbeddedCloud) -> None:
    """It may pull the images of both repositories, and read the secrets of all containers."""
    cloud.run(program(sidecars=SIDECARS, secrets={"USER": f"{SECRET}:user::", "KEY": "/team/key"}))
    statements = {one["Sid"]: one for one in policy_of(cloud, "execution")}
    assert statements["PullImage"]["Resource"] == [
        f"arn:aws:ecr:{PLACE}:repository/team/collector",
        f"arn:aws:ecr:{PLACE}:repository/team/db-cleanup",
    ]
    assert statements["ReadSecrets"]["Resource"] == [SECRET]
    assert statements["ReadParameters"]["Resource"] == [f"arn:aws:ssm:{PLACE}:parameter/team/key"]


def test_the_job_may_mount_exactly_its_file_systems(cloud: EmbeddedCloud) -> None:
    """Those with IAM: through the access point, and only to read if no container writes."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
    deployment, _ = cloud.run(program(volumes=VOLUMES, statements=[statement]))
    mount = {
        "Sid": "Mountfs0123456789abcdef0fsap0123456789abcdef0",
        "Effect": "Allow",
        "Action": ["elasticfilesystem:ClientMount"],
        "Resource": FILE_SYSTEM,
        "Condition": {"StringEquals": {"elasticfilesystem:AccessPointArn": ACCESS_POINT}},
    }
    assert policy_of(cloud, "task") == [statement, mount]
    names = deployment.one("TaskDefinition", "db-cleanup").after
    assert ("aws:iam/rolePolicy:RolePolicy", "db-cleanup-task") in names


def test_a_writer_may_write_and_nobody_may_be_root(cloud: EmbeddedCloud) -> None:
    """One statement for a file system, whose volumes are written by any container."""
    volumes = [
        VolumeArgs(path="/a", read_only=True, efs=EfsArgs(file_system=FS, root="/a")),
        VolumeArgs(path="/b", read_only=True, sidecars={"proxy": False}, efs=EfsArgs(file_system=FS, root="/b")),
    ]
    cloud.run(program(sidecars=SIDECARS, volumes=volumes))
    statements = policy_of(cloud, "task")
    assert len(statements) == 1
    document = {"Version": "2012-10-17", "Statement": statements}
    other = FILE_SYSTEM.replace("fs-0", "fs-1")
    allowed = {
        (action, resource): evaluate(Request(f"elasticfilesystem:{action}", resource, {}), [document]).allowed
        for action in ("ClientMount", "ClientWrite", "ClientRootAccess")
        for resource in (FILE_SYSTEM, other)
    }
    assert {one for one, answer in allowed.items() if answer} == {
        ("ClientMount", FILE_SYSTEM),
        ("ClientWrite", FILE_SYSTEM),
    }


def test_an_existing_role_keeps_its_policies(cloud: EmbeddedCloud) -> None:
    """The program makes no role then; the role itself must allow to mount."""
    role = f"arn:aws:iam::{ACCOUNT}:role/cleaner"
    deployment, _ = cloud.run(program(volumes=VOLUMES, task_role_arn=role))
    names = {one.name for one in deployment.of("/role:Role")}
    assert "db-cleanup-execution" in names
    assert "db-cleanup-task" not in names
    made: Any = definition_of(deployment)
    assert made["taskRoleArn"] == role
