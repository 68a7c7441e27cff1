"""`python -m sandbox platform` copies the resources of placements from an account into the platform's file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox import cli as commands
from sandbox import stack_files
from sandbox.commands import platform
from sandbox.errors import SandboxError
from tests.processes.emulator.world import ACCOUNT, APP, PROXY, REGION, TASK_ROLE, Host, World, client, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
PLACEMENTS: dict[str, Any] = {
    "default": {"service": {"cluster": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/main", "name": "web"}},
    "batch": {
        "cluster": {"project": "infra", "stack": "production", "output": "clusterArn"},
        "taskDefinition": "batch:1",
        "subnets": ["subnet-2"],
        "taskRoles": [f"arn:aws:iam::{ACCOUNT}:role/coming"],
    },
}
CONTAINER = {
    "name": "app",
    "image": APP["image"],
    "essential": True,
    "memory": 512,
    "logConfiguration": APP["logConfiguration"],
}
DEFINITION = {
    "cpu": "256",
    "memory": "1024",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "taskRoleArn": TASK_ROLE,
    "executionRoleArn": TASK_ROLE,
}


@pytest.fixture
def world(host: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Return an account with a service on Spot and two task definitions, which boto3 reaches by itself."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with opened(host) as made:
        ecs = client("ecs")
        ecs.put_cluster_capacity_providers(
            cluster="main", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
        )
        made.define({**APP, "entryPoint": ["/start.sh"]}, PROXY, family="batch", cpu=".5 vCPU")
        ecs.create_service(
            cluster="main", serviceName="web", taskDefinition="app", desiredCount=1, capacityProviderStrategy=SPOT
        )
        yield made


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return a function that writes a stack file, runs the command, and returns exit code, output and errors."""
    (tmp_path / "platform").mkdir()
    monkeypatch.setattr(platform, "CHECKOUT", tmp_path)
    monkeypatch.setattr(platform, "PLATFORM_FOLDER", tmp_path / "platform")

    def command(*flags: str, placements: dict[str, Any] = PLACEMENTS) -> tuple[int, str, str]:
        config = {"aws:region": REGION, "scheduled-jobs:placements": placements, "scheduled-jobs:schedules": {}}
        (tmp_path / "Pulumi.production.yaml").write_text(yaml.safe_dump({"config": config}))
        monkeypatch.setattr("sys.argv", ["sandbox", "platform", "production", *flags])
        code = commands.main()
        said = capsys.readouterr()
        return code, " ".join(said.out.split()), " ".join(said.err.split())

    return command


def test_copies(world: World, run: Callable[..., Any], tmp_path: Path) -> None:
    """The file has account, cluster, capacity, network, roles, task definitions and services; other keys stay."""
    file = tmp_path / "platform" / "Pulumi.production.yaml"
    file.write_text("config: {'platform:queues': [pager], 'platform:cluster': old}\n")
    code, out, _ = run()
    assert (code, out) == (
        0,
        (
            f"Wrote platform/Pulumi.production.yaml: account {ACCOUNT}, cluster main, services: web, "
            "task definitions: app, batch"
        ),
    )
    proxy = {"name": "proxy", "image": PROXY["image"], "essential": False, "memory": 128}
    assert yaml.safe_load(file.read_text())["config"] == {
        "platform:account": ACCOUNT,
        "platform:cluster": "main",
        "platform:capacityProviders": ["FARGATE_SPOT"],
        "platform:managedInstances": [],
        "platform:subnets": ["subnet-2"],
        "platform:securityGroups": [],
        "platform:roles": [f"arn:aws:iam::{ACCOUNT}:role/coming"],
        "platform:taskDefinitions": {
            "app": {**DEFINITION, "containerDefinitions": [CONTAINER, proxy]},
            "batch": {
                **DEFINITION,
                "cpu": "512",
                "containerDefinitions": [{**CONTAINER, "entryPoint": ["/start.sh"]}, proxy],
            },
        },
        "platform:services": {"web": {"taskDefinition": "app", "capacityProviderStrategy": SPOT}},
        "platform:queues": ["pager"],
    }


def test_copies_capacity_providers(world: World, run: Callable[..., Any], tmp_path: Path) -> None:
    """Those of Managed Instances stand apart, because they are made for their cluster."""
    ecs = client("ecs")
    group = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:0a:autoScalingGroupName/machines"
    ecs.create_capacity_provider(name="machines", autoScalingGroupProvider={"autoScalingGroupArn": group})
    ecs.put_cluster_capacity_providers(
        cluster="main", capacityProviders=["FARGATE_SPOT", "machines"], defaultCapacityProviderStrategy=[]
    )
    template = {
        "ec2InstanceProfileArn": f"arn:aws:iam::{ACCOUNT}:instance-profile/machines",
        "networkConfiguration": {"subnets": ["subnet-2"]},
    }
    provider = {"infrastructureRoleArn": TASK_ROLE, "instanceLaunchTemplate": template}
    ecs.create_capacity_provider(name="managed", cluster="main", managedInstancesProvider=provider)
    assert run()[0] == 0
    config = yaml.safe_load((tmp_path / "platform" / "Pulumi.production.yaml").read_text())["config"]
    assert config["platform:capacityProviders"] == ["FARGATE_SPOT", "machines"]
    assert config["platform:managedInstances"] == ["managed"]
    assert "DescribeCapacityProviders" in {call.operation for call in world.aws.gateway.calls}


def test_only_reads(world: World, run: Callable[..., Any]) -> None:
    """The command makes no call that changes anything."""
    world.aws.gateway.calls.clear()
    assert run()[0] == 0
    assert {call.operation for call in world.aws.gateway.calls} == {
        "GetCallerIdentity",
        "DescribeClusters",
        "DescribeServices",
        "DescribeTaskDefinition",
    }


WEB = {"service": {"cluster": "main", "name": "web"}}
WRONG: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "service": (
        {"default": {"service": {"cluster": "main", "name": "api"}}},
        (),
        f"error: the cluster 'main' in {REGION} has no service with a task definition: api",
    ),
    "cluster": ({"default": WEB}, ("--cluster", "other"), f"error: there is no active cluster 'other' in {REGION}"),
    "task definition": (
        {"default": {**WEB, "taskDefinition": "gone"}},
        (),
        "error: AWS: An error occurred (ClientException) when calling the DescribeTaskDefinition operation",
    ),
    "several clusters": (
        {"default": WEB, "other": {"service": {"cluster": "second", "name": "web"}}},
        (),
        "error: the placements name several clusters: main, second; the platform has one: add --cluster NAME",
    ),
    "no cluster": (
        {"batch": PLACEMENTS["batch"]},
        (),
        "error: the placements name no cluster; the platform has one: add --cluster",
    ),
    "config": ({"default": {}}, (), "error: 1 problem to fix before anything is deployed:"),
}


@pytest.mark.parametrize(("placements", "flags", "message"), WRONG.values(), ids=WRONG)
def test_says_what_is_wrong(
    world: World,
    run: Callable[..., Any],
    tmp_path: Path,
    placements: dict[str, Any],
    flags: tuple[str, ...],
    message: str,
) -> None:
    """A mistake is one message, and nothing is written."""
    code, _, said = run(*flags, placements=placements)
    assert code == 1
    assert said.startswith(message)
    assert not list((tmp_path / "platform").iterdir())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("config: {'platform:account': '011122223333'}", "011122223333"),
        ("config: {'platform:account': 111122223333}", "111122223333"),
        ("config: {}", None),
    ],
    ids=["text", "number", "none"],
)
def test_reads_the_account_of_a_platform(tmp_path: Path, text: str, expected: str | None) -> None:
    """The account of a platform's file is read as it is written."""
    (tmp_path / "Pulumi.a.yaml").write_text(text)
    assert stack_files.account(tmp_path / "Pulumi.a.yaml") == expected


@pytest.mark.parametrize("value", ["11112222333", "[a]", "'1111 2222 3333'"], ids=["too short", "list", "spaces"])
def test_refuses_another_account(tmp_path: Path, value: str) -> None:
    """An account has twelve digits; anything else is an error with file and line."""
    (tmp_path / "Pulumi.a.yaml").write_text(f"config:\n  platform:account: {value}\n")
    with pytest.raises(SandboxError, match=r"^Pulumi\.a\.yaml:2: platform:account: .*must be 12 digits in quotes$"):
        stack_files.account(tmp_path / "Pulumi.a.yaml")
