"""A task pulls its image from ECR with the permissions of the execution role, and runs what the image says."""

from __future__ import annotations

import hashlib
import json
import re
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

ROLE = f"arn:aws:iam::{ACCOUNT}:role/pulls"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team/app"
LOG_IN = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
PULL = {
    "Effect": "Allow",
    "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    "Resource": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/team/app",
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return an account with a repository of images, each of which is a folder here, and a role that may pull."""
    path = {"PATH": "/usr/bin:/bin"}
    runner = Runner({"app": Image(tmp_path)}, path, TaskLogs(ACCOUNT), TaskSecrets(ACCOUNT), lambda _: {})
    with opened(runner) as made:
        made.settle = runner.settle  # type: ignore[attr-defined]
        trust = service_may("ecs-tasks.amazonaws.com", "sts:AssumeRole", "*").replace(', "Resource": "*"', "")
        client("iam").create_role(RoleName="pulls", AssumeRolePolicyDocument=trust)
        allow(LOG_IN, PULL)
        client("ecr").create_repository(repositoryName="team/app")
        yield made
    runner.stop_all()


def allow(*statements: dict[str, Any]) -> None:
    """Give the execution role these permissions."""
    client("iam").put_role_policy(RoleName="pulls", PolicyName="pulls", PolicyDocument=document(*statements))


def push(tag: str, blob: bytes) -> str:
    """Push an image with this config, and return its digest."""
    ecr, name = client("ecr"), {"repositoryName": "team/app"}
    upload = {**name, "uploadId": ecr.initiate_layer_upload(**name)["uploadId"]}
    ecr.upload_layer_part(**upload, partFirstByte=0, partLastByte=len(blob) - 1, layerPartBlob=blob)
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
    ecr.complete_layer_upload(**upload, layerDigests=[digest])
    kind = "application/vnd.oci.image.config.v1+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": kind, "digest": digest, "size": len(blob)},
        "layers": [],
    }
    pushed = ecr.put_image(**name, imageManifest=json.dumps(manifest), imageTag=tag)
    return str(pushed["image"]["imageId"]["imageDigest"])


def image(**config: Any) -> bytes:  # noqa: ANN401 - the members of an image's config
    """Return the config of an image."""
    return json.dumps({"os": "linux", "architecture": "amd64", "config": config}).encode()


def ran(world: World, container: dict[str, Any], override: dict[str, Any] | None = None) -> Task:
    """Run a container without a command of its own, unless it or the override has one."""
    world.define({**{key: APP[key] for key in APP if key != "command"}, **container}, executionRoleArn=ROLE)
    world.run(**({"overrides": {"containerOverrides": [{"name": "app", **override}]}} if override else {}))
    assert world.settle(30)  # type: ignore[attr-defined]
    return world.aws.tasks.all()[-1]


def printed(task: Task) -> list[str]:
    """Return the log of a task that ended well."""
    assert task.main.exit_code == 0, task.stopped_reason
    return read_log(ACCOUNT, REGION, "/app", f"ecs/app/{task.id}")


IMAGES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None, str]] = {
    "its command": ({"Cmd": ["echo", "cmd"]}, {}, None, "cmd"),
    "its entry point": ({"Entrypoint": ["echo", "entry"]}, {}, None, "entry"),
    "both": ({"Entrypoint": ["echo"], "Cmd": ["cmd"]}, {}, None, "cmd"),
    "another command": ({"Entrypoint": ["echo"], "Cmd": ["cmd"]}, {"command": ["own"]}, None, "own"),
    "an override": ({"Entrypoint": ["echo"], "Cmd": ["cmd"]}, {"command": ["own"]}, {"command": ["job"]}, "job"),
    "only variables": ({"Cmd": ["echo", "cmd"]}, {}, {"environment": [{"name": "A", "value": "b"}]}, "cmd"),
    "another entry point": ({"Entrypoint": ["false"], "Cmd": ["cmd"]}, {"entryPoint": ["echo", "own"]}, None, "own"),
    "nulls": ({"Entrypoint": None, "Cmd": ["echo", "cmd"]}, {}, None, "cmd"),
}


@pytest.mark.parametrize(("config", "container", "override", "line"), IMAGES.values(), ids=IMAGES)
def test_what_an_image_runs(
    world: World, config: dict[str, Any], container: dict[str, Any], override: dict[str, Any] | None, line: str
) -> None:
    """The image says what runs, as far as neither the task definition nor the override does."""
    push("1.0", image(**config))
    assert printed(ran(world, {"image": f"{REPOSITORY}:1.0", **container}, override)) == [line]


def test_an_image_by_its_digest(world: World) -> None:
    """A digest names one image, whatever its tag names now."""
    digest = push("1.0", image(Cmd=["echo", "old"]))
    push("1.0", image(Cmd=["echo", "new"]))
    assert printed(ran(world, {"image": f"{REPOSITORY}@{digest}"})) == ["old"]
    assert printed(ran(world, {"image": f"{REPOSITORY}:1.0"})) == ["new"]


NOTHING = "CannotStartContainerError: .*: args must not be empty"
NOT_THERE = (
    "CannotPullContainerError: pull image manifest has been retried 1 time\\(s\\): failed to resolve ref {0}: {0}: "
)
UNREADABLE = {"says nothing": image(), "is no JSON": b"{", "is no object": b"[]"}


@pytest.mark.parametrize("blob", UNREADABLE.values(), ids=UNREADABLE)
def test_nothing_to_run(world: World, blob: bytes) -> None:
    """A container that nobody gives a command does not start, and the reason says so."""
    push("1.0", blob)
    task = ran(world, {"image": f"{REPOSITORY}:1.0"})
    assert (task.stop_code, task.main.exit_code, task.started_at) == ("TaskFailedToStart", None, None)
    assert re.match(NOTHING, task.stopped_reason or "")


@pytest.mark.parametrize(
    "name", [f"{REPOSITORY}:2.0", f"{REPOSITORY}@sha256:{'0' * 64}", REPOSITORY.replace("team", "other") + ":1.0"]
)
def test_an_image_that_is_not_there(world: World, name: str) -> None:
    """ECR does not have the tag, the digest or the repository, so the task does not start."""
    allow(LOG_IN, {**PULL, "Resource": "*"})
    push("1.0", image(Cmd=["true"]))
    task = ran(world, {"image": name})
    assert task.stop_code == "TaskFailedToStart"
    assert re.match(NOT_THERE.format(re.escape(name)) + "not found$", task.stopped_reason or "")


REFUSED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no login": (
        [PULL],
        "ResourceInitializationError: .* unable to retrieve ecr registry auth: .*GetAuthorizationToken",
    ),
    "another repository": ([LOG_IN, {**PULL, "Resource": f"{PULL['Resource']}s"}], "CannotPull.*: 403 Forbidden$"),
    **{
        f"without {action}": (
            [LOG_IN, {**PULL, "Action": [one for one in PULL["Action"] if one != action]}],
            "CannotPull.*: 403 Forbidden$",
        )
        for action in PULL["Action"]
    },
}


@pytest.mark.parametrize(("statements", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_role_that_may_not_pull(world: World, statements: list[dict[str, Any]], reason: str) -> None:
    """The execution role needs each of the permissions."""
    push("1.0", image(Cmd=["true"]))
    allow(*statements)
    task = ran(world, {"image": f"{REPOSITORY}:1.0"})
    assert task.stop_code == "TaskFailedToStart"
    assert re.match(reason, task.stopped_reason or "")
