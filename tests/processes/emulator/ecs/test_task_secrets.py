"""A container gets the secrets that its task definition names, with the permissions of the execution role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.ecs.runner import Image, Runner
from emulator.logs.log_streams import TaskLogs, read_log
from emulator.secrets.task_secrets import TaskSecrets
from tests.processes.emulator.world import ACCOUNT, APP, REGION, client, document, opened, service_may

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from emulator.ecs.task import Task
    from tests.processes.emulator.world import World

ROLE = f"arn:aws:iam::{ACCOUNT}:role/reads"
FAILED = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
ASM = f"{FAILED}unable to retrieve secret from asm: service call has been retried 1 time(s): "
SSM = f"{FAILED}unable to retrieve secrets from ssm: service call has been retried 1 time(s): "


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return an account with a secret, a parameter, and an execution role that may read nothing yet."""
    images, path = {"app": Image(tmp_path)}, {"PATH": "/usr/bin:/bin"}
    runner = Runner(images, path, TaskLogs(ACCOUNT), TaskSecrets(ACCOUNT), lambda _: {})
    with opened(runner) as made:
        made.settle = runner.settle  # type: ignore[attr-defined]
        trust = service_may("ecs-tasks.amazonaws.com", "sts:AssumeRole", "*").replace(', "Resource": "*"', "")
        client("iam").create_role(RoleName="reads", AssumeRolePolicyDocument=trust)
        client("ssm").put_parameter(Name="/team/token", Value="of ssm", Type="SecureString")
        yield made
    runner.stop_all()


@pytest.fixture
def secret(world: World) -> str:
    """Return the ARN of a secret."""
    made = client("secretsmanager").create_secret(Name="db", SecretString='{"password": "of asm", "port": 5432}')
    return str(made["ARN"])


def allow(*statements: dict[str, Any]) -> None:
    """Give the execution role these permissions."""
    allowed = [{"Effect": "Allow", **statement} for statement in statements]
    client("iam").put_role_policy(RoleName="reads", PolicyName="reads", PolicyDocument=document(*allowed))


def ran(world: World, source: str, **members: Any) -> Task:  # noqa: ANN401 - members of a task definition
    """Run a container that prints a secret."""
    command = ["/bin/sh", "-c", "echo $TOKEN"]
    container = {**APP, "command": command, "secrets": [{"name": "TOKEN", "valueFrom": source}]}
    world.define(container, **{"executionRoleArn": ROLE, **members})
    world.run()
    assert world.settle(30)  # type: ignore[attr-defined]
    return world.aws.tasks.all()[-1]


def printed(task: Task) -> list[str]:
    """Return the log of a task that ended well."""
    assert task.main.exit_code == 0, task.stopped_reason
    return read_log(ACCOUNT, REGION, "/app", f"ecs/app/{task.id}")


def test_reads_a_secret(world: World, secret: str) -> None:
    """A whole secret, or a key of one that is JSON."""
    allow({"Action": "secretsmanager:GetSecretValue", "Resource": secret})
    assert printed(ran(world, secret)) == ['{"password": "of asm", "port": 5432}']
    assert printed(ran(world, f"{secret}:password::")) == ["of asm"]
    assert printed(ran(world, f"{secret}:port::")) == ["5432"]
    assert printed(ran(world, f"{secret}:password:AWSCURRENT:")) == ["of asm"]


def test_reads_a_parameter(world: World) -> None:
    """By its ARN, or by its name in the task's region."""
    arn = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/team/token"
    allow({"Action": "ssm:GetParameters", "Resource": arn})
    assert printed(ran(world, arn)) == ["of ssm"]
    assert printed(ran(world, "/team/token")) == ["of ssm"]


def test_does_not_start_without_permission(world: World, secret: str) -> None:
    """The reason has the role, the action and the secret, but no value."""
    allow({"Action": "secretsmanager:GetSecretValue", "Resource": f"{secret}-other"})
    denied = ran(world, f"{secret}:password::")
    reason = f"{ASM}failed to fetch secret {secret} from secrets manager: AccessDeniedException: "
    assert denied.stop_code == "TaskFailedToStart"
    assert str(denied.stopped_reason).startswith(reason)
    assert f"is not authorized to perform: secretsmanager:GetSecretValue on resource: {secret}" in str(
        denied.stopped_reason
    )
    refused = ran(world, "/team/token")
    assert str(refused.stopped_reason).startswith(f"{SSM}AccessDeniedException: User: {ROLE} is not authorized")


def test_does_not_start_without_the_secret(world: World, secret: str) -> None:
    """A secret, a version, a JSON key or a parameter that does not exist."""
    allow({"Action": ["secretsmanager:GetSecretValue", "ssm:GetParameters"], "Resource": "*"})
    other = secret.replace(":db-", ":no-")
    gone = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
    assert ran(world, other).stopped_reason == f"{ASM}failed to fetch secret {other} from secrets manager: {gone}"
    assert str(ran(world, f"{secret}::AWSPENDING:").stopped_reason).startswith(f"{ASM}failed to fetch secret {secret}")
    missing = ran(world, f"{secret}:user::").stopped_reason
    assert missing == f"{ASM}retrieved secret from Secrets Manager did not contain json key user"
    assert ran(world, "/team/none").stopped_reason == f"{SSM}invalid ssm parameters: /team/none"


def test_the_value_stands_nowhere_but_in_the_process(world: World, secret: str) -> None:
    """Neither the task definition nor the task's description nor its events have it."""
    allow({"Action": "secretsmanager:GetSecretValue", "Resource": secret})
    task = ran(world, f"{secret}:password::")
    described = client("ecs").describe_tasks(cluster="main", tasks=[task.arn])
    assert "of asm" not in str(described)
    assert "of asm" not in str(client("ecs").describe_task_definition(taskDefinition="app"))


def test_fargate_needs_an_execution_role_for_secrets(world: World, secret: str) -> None:
    """RegisterTaskDefinition refuses secrets that nobody could read."""
    with pytest.raises(client("ecs").exceptions.ClientException) as refused:
        ran(world, secret, executionRoleArn=None)
    assert "you must also specify a value for 'executionRoleArn'" in str(refused.value)
