"""Tests of what a task needs before its containers start."""

from __future__ import annotations

from typing import Any

import pytest

from aws_facts.value_from import ValueFrom
from doctor.tasks import Platform, UsedTask, WrittenLog

ARN = "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:7"
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:1"


def task(*containers: dict[str, Any], **changed: Any) -> UsedTask:  # noqa: ANN401 - members of a task definition
    """Return a task with these containers."""
    named = [{"name": f"c{number}", "image": "app", **one} for number, one in enumerate(containers)]
    return UsedTask({"taskDefinitionArn": ARN, "containerDefinitions": named, **changed}, "", "", [])


def awslogs(**options: str) -> dict[str, Any]:
    """Return a container that logs with awslogs; underscores in the names of options stand for hyphens."""
    given = {f"awslogs-{name.replace('_', '-')}": value for name, value in options.items()}
    return {"logConfiguration": {"logDriver": "awslogs", "options": given}}


def test_name() -> None:
    """A task is named by family and revision."""
    assert task().name == "web:7"


@pytest.mark.parametrize(
    ("given", "platform"),
    [
        (None, "linux/amd64"),
        ({"cpuArchitecture": "ARM64"}, "linux/arm64"),
        ({"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"}, "linux/amd64"),
        ({"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}, "windows/amd64"),
    ],
)
def test_platform(given: dict[str, str] | None, platform: str) -> None:
    """Without a runtimePlatform tasks run on Linux and X86_64."""
    assert str(task(runtimePlatform=given).platform) == platform
    assert task(runtimePlatform=given).platform == Platform(*platform.split("/"))


def test_images() -> None:
    """Containers may share one."""
    assert task({"image": ECR}, {"image": "nginx"}, {"image": ECR}).images == [ECR, "nginx"]


def test_logs() -> None:
    """Only the driver awslogs writes to a log group, which may be in another region."""
    fluent = {"logConfiguration": {"logDriver": "awsfirelens", "options": {"awslogs-group": "/other"}}}
    used = task(
        awslogs(group="/a"), awslogs(group="/a"), awslogs(group="/b", region="eu-west-1", create_group="true"), fluent
    )
    assert used.logs == [
        WrittenLog("eu-central-1", "/a", creates=False),
        WrittenLog("eu-west-1", "/b", creates=True),
    ]


def test_secrets() -> None:
    """ECS reads those of variables, of log drivers, and of private registries."""
    registry = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hub-AbCdEf"
    used = task(
        {"secrets": [{"name": "A", "valueFrom": "/a"}, {"name": "B", "valueFrom": "/a"}]},
        {"logConfiguration": {"logDriver": "splunk", "secretOptions": [{"name": "t", "valueFrom": "arn:aws:s3:::b"}]}},
        {"repositoryCredentials": {"credentialsParameter": registry}},
    )
    assert used.secrets == [
        ("/a", ValueFrom("ssm", "eu-central-1", "/a")),
        ("arn:aws:s3:::b", None),
        (registry, ValueFrom("secretsmanager", "eu-central-1", registry, by_arn=True)),
    ]
