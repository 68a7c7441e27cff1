"""Tests of what is found of task definitions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from aws_facts.launch_types import LaunchType
from doctor.account import Known
from doctor.checks.task_definition import UsedDefinition, check
from doctor.launch import Launch
from judgements.answers import CapacityProvider, Refused
from tests.unit.doctor.samples import REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable

LOG: dict[str, Any] = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/web", "awslogs-stream-prefix": "x", "mode": "blocking"},
}
APP = {"name": "app", "essential": True, "logConfiguration": LOG}
SIDECAR = {"name": "log", "essential": True}
SHELL = {**APP, "entryPoint": ["sh", "-c"]}
SPOT: dict[str, Any] = {
    "LaunchType": None,
    "CapacityProviderStrategy": [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}],
}
THERE: dict[str, Known[bool] | Refused] = {"app": Known(True)}  # noqa: FBT003 - an answer
WINDOWS = {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}, "cpu": "1024", "memory": "2048"}


def definition(*containers: dict[str, Any], **changed: Any) -> Known[Any]:  # noqa: ANN401 - members
    """Return DescribeTaskDefinition's answer."""
    known = {
        "status": "ACTIVE",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "512",
        "memory": "1024",
        "containerDefinitions": list(containers) or [APP],
    }
    return Known({**known, **changed})


def used(answer: Known[Any] | Refused, name: str = "web", **request: Any) -> UsedDefinition:  # noqa: ANN401 - members
    """Return a task definition on which one job runs."""
    given = {**REQUEST, "TaskDefinition": name, **request}
    launch = Launch("report", "report", "role", supervised=False, request=given)
    return UsedDefinition(name=name, launches=[launch], answer=answer, log_groups=THERE)


def on(kind: LaunchType, answer: Known[Any], **request: Any) -> UsedDefinition:  # noqa: ANN401 - members
    """Return a task definition on which one job runs, on a capacity provider of this kind."""
    strategy = [{"CapacityProvider": "machines", "Weight": 1}]
    one = used(answer, CapacityProviderStrategy=strategy, **request)
    return replace(one, own_providers={one.launches[0].cluster: Known({"machines": CapacityProvider(kind)})})


EC2, MANAGED = LaunchType.EC2, LaunchType.MANAGED_INSTANCES


@pytest.mark.parametrize(
    ("make", "codes"),
    [
        (lambda: on(EC2, definition(requiresCompatibilities=["EC2"], cpu=None, memory=None)), ["sound"]),
        (lambda: on(EC2, definition(), **sized("3000")), ["sound"]),
        (lambda: on(EC2, definition(), **sized("100")), ["size-unfit"]),
        (lambda: on(MANAGED, definition(requiresCompatibilities=["MANAGED_INSTANCES"])), ["sound"]),
        (lambda: on(MANAGED, definition()), ["task-definition-unfit"]),
    ],
    ids=["EC2", "a size of EC2", "too small", "Managed Instances", "not registered for Managed Instances"],
)
def test_each_capacity_has_its_rules(make: Callable[[], UsedDefinition], codes: list[str]) -> None:
    """A task definition is judged by what the launches run on."""
    assert [one.code for one in check([make()])] == codes


def sized(cpu: str) -> dict[str, Any]:
    """Return overrides with CPU units for the task."""
    return {"Overrides": {**REQUEST["Overrides"], "Cpu": cpu}}


@pytest.mark.parametrize(
    ("one", "codes"),
    [
        (used(definition()), ["sound"]),
        (used(definition(APP, SIDECAR)), ["sound"]),
        (used(Refused("no", "ecs:DescribeTaskDefinition")), ["unchecked"]),
        (used(Known(None)), ["task-definition-gone"]),
        (used(definition(status="INACTIVE"), "web:3"), ["task-definition-inactive"]),
        (used(definition(networkMode="bridge")), ["task-definition-unfit"]),
        (used(definition(requiresCompatibilities=["EC2"])), ["task-definition-unfit"]),
        (used(definition(volumes=[{"name": "data", "configuredAtLaunch": True}])), ["task-definition-unfit"]),
        (used(definition({**APP, "name": "other"})), ["container-missing"]),
        (used(definition({**APP, "essential": False}, SIDECAR)), ["container-not-essential"]),
        (used(definition({**APP, "restartPolicy": {"enabled": True}})), ["container-restarts"]),
        (used(definition({**APP, "restartPolicy": {"enabled": False}})), ["sound"]),
        (used(definition({"name": "app"})), ["log-missing"]),
        (used(definition(SHELL)), ["command-not-run"]),
        (used(definition({**APP, "entryPoint": ["/init", "--"]})), ["sound"]),
        (used(definition(), **sized("4096")), ["size-unfit"]),
        (used(definition(), **sized("256")), ["sound"]),
        (used(definition({**APP, "cpu": 512}), **sized("256")), ["size-unfit"]),
        (used(definition(**WINDOWS), **SPOT), ["platform-without-capacity"]),
        (used(definition(**WINDOWS)), ["sound"]),
    ],
    ids=[
        "sound",
        "another essential container",
        "refused",
        "gone",
        "inactive",
        "network mode",
        "not for Fargate",
        "a volume",
        "another container",
        "not essential",
        "restarts",
        "restarts no more",
        "no log driver",
        "shell",
        "init",
        "not Fargate's size",
        "smaller",
        "too small",
        "Windows on Spot",
        "Windows",
    ],
)
def test_a_task_definition(one: UsedDefinition, codes: list[str]) -> None:
    """A fault is about the job that has it."""
    found = list(check([one]))
    assert [each.code for each in found] == codes
    assert {each.jobs for each in found} == {("report",)}


@pytest.mark.parametrize(
    ("exists", "code"),
    [
        (Known(True), "sound"),  # noqa: FBT003 - an answer
        (Known(False), "log-group-gone"),  # noqa: FBT003 - an answer
        (Refused("no", "logs:DescribeLogGroups"), "unchecked"),
    ],
    ids=["there", "gone", "refused"],
)
def test_the_log_group(exists: Known[bool] | Refused, code: str) -> None:
    """Without its log group no container starts."""
    one = used(definition())
    [found] = check([UsedDefinition(name="web", launches=one.launches, answer=one.answer, log_groups={"app": exists})])
    assert found.code == code


@pytest.mark.parametrize(
    ("log", "remark"),
    [
        (LOG, ""),
        (
            {**LOG, "options": {**LOG["options"], "mode": "non-blocking"}},
            "the log of the container 'app' may lose lines",
        ),
        ({"logDriver": "splunk"}, "the container 'app' logs with splunk in 'web'"),
    ],
    ids=["blocking", "non-blocking", "another driver"],
)
def test_a_log_that_may_be_incomplete_is_worth_a_remark(log: dict[str, Any], remark: str) -> None:
    """No tick fails because of it, so the task definition is sound."""
    [found] = check([used(definition({**APP, "logConfiguration": log}))])
    assert found.code == "sound"
    assert found.text.startswith(remark)
    assert bool(found.text) == bool(remark)
