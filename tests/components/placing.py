"""Placements for tests, and their look-up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import placements
import settings
from emulator.provider.core.errors import ProviderError
from emulator.provider.types import (
    cloudcontrol,
    dynamodb_invokes,
    ecr_invokes,
    ecs_invokes,
    iam_invokes,
    invokes,
    kms_invokes,
    lambda_invokes,
    secretsmanager_invokes,
    ssm_invokes,
)
from placements import parts
from placements.placement import Definition, Placement
from settings import Problems
from tests.components.embedded import ACCOUNT, LOGS, EmbeddedCloud
from tests.components.stacks import CLUSTER, ROLES

if TYPE_CHECKING:
    import pytest

    from emulator.provider.core.clients import Aws
    from emulator.provider.core.invoke import Function
    from emulator.provider.core.properties import Properties

SERVICE = {"cluster": "staging", "name": "web"}
EXPLICIT = {"cluster": "staging", "taskDefinition": "web", "subnets": ["subnet-0a"]}
REFERENCE = {"project": "platform", "stack": "staging", "output": "clusterArn"}
EXPORTS = {"acme/platform/staging": {"clusterArn": CLUSTER, "count": 5}}
APP = {"name": "app", "essential": True, "memory": 256, "logConfiguration": LOGS}
SIDECAR = {**APP, "name": "sidecar", "essential": False}
RUNNING = f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task-definition/web:2"
"""The revision that the service runs."""
OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/other"
WEB: dict[str, Any] = {
    "cluster_arn": CLUSTER,
    "task_definition": "web",
    "passed_roles": sorted(ROLES),
    "subnets": ["subnet-0a"],
    "security_groups": [],
    "assign_public_ip": False,
    "capacity": {},
    "containers": [APP, SIDECAR],
    "container": "app",
    "cpu": 512,
    "memory": 1024,
}


ASKED_BY = {
    "cloudformation:GetResource": cloudcontrol.GetResource,
    "ec2:DescribeSecurityGroups": invokes.GetSecurityGroup,
    "ec2:DescribeSubnets": invokes.GetSubnet,
    "dynamodb:GetItem": dynamodb_invokes.GetTableItem,
    "ecr:DescribeImages": ecr_invokes.GetImage,
    "ecs:DescribeClusters": ecs_invokes.GetCluster,
    "ecs:DescribeServices": ecs_invokes.GetService,
    "ecs:DescribeTaskDefinition": ecs_invokes.GetTaskDefinition,
    "iam:GetPolicy": iam_invokes.GetPolicy,
    "iam:GetRole": invokes.GetRole,
    "kms:DescribeKey": kms_invokes.GetKey,
    "lambda:GetFunction": lambda_invokes.GetFunction,
    "secretsmanager:DescribeSecret": secretsmanager_invokes.GetSecret,
    "sns:ListTopics": invokes.GetTopic,
    "sqs:GetQueueUrl": invokes.GetQueue,
    "ssm:GetParametersByPath": ssm_invokes.GetParametersByPath,
    "sts:GetCallerIdentity": invokes.GetCallerIdentity,
}
CODES = {
    "cloudformation": "AccessDeniedException",
    "dynamodb": "AccessDeniedException",
    "ec2": "UnauthorizedOperation",
    "ecr": "AccessDeniedException",
    "ecs": "AccessDeniedException",
    "iam": "AccessDenied",
    "kms": "AccessDeniedException",
    "lambda": "AccessDeniedException",
    "secretsmanager": "AccessDeniedException",
    "sns": "AuthorizationError",
    "sqs": "AccessDenied",
    "ssm": "AccessDeniedException",
    "sts": "AccessDenied",
}


def look_up(cloud: EmbeddedCloud, *placement: dict[str, Any], **run: Any) -> tuple[Any, list[str]]:  # noqa: ANN401
    """Look up placements called a, b, ...; return the first, with a summary of its containers, and the messages.

    `alerts`, `encryption` and `iam` in `run` are those sections of config. `needed` are the parts that the jobs of the
    first placement need.
    """
    needed = {"a": run.pop("needed", parts.EVERYTHING)}
    problems = Problems()
    named = dict(zip("abc", placement, strict=False))
    sections: dict[str, Any] = {name: run.pop(name) for name in ("alerts", "encryption", "iam") if name in run}
    config = settings.parse({"placements": named, "schedules": {}, **sections}, problems)
    problems.raise_if_any()
    _, looked_up = cloud.run(
        lambda: placements.look_up(placements.Lookups(), config, "jobs-staging", problems, needed),
        **{"exports": EXPORTS, **run},
    )
    found = looked_up.get("a")
    if found is not None and found.definition is not None:
        known = [{key: c[key] for key in APP if key in c} for c in found.definition.containers]
        found = replace(found, definition=replace(found.definition, containers=known))
    return found, messages(problems)


def messages(problems: Problems) -> list[str]:
    """Return problems and warnings as text, without the path of the first placement."""
    texts = [*map(str, problems), *(f"warning: {warning}" for warning in problems.warnings)]
    return [text.replace("scheduled-jobs:placements.a.", "") for text in texts]


def deny(monkeypatch: pytest.MonkeyPatch, *actions: str, hint: str = "") -> None:
    """Make AWS deny these actions, in the real provider's words; `hint` replaces AWS's own text."""
    for action in actions:
        service, _, operation = action.partition(":")
        text = hint or f"User: arn:aws:iam::{ACCOUNT}:user/u is not authorized to perform: {action} on resource: *"

        client = (
            f"operation error {service.upper()}: {operation}, https response error StatusCode: 403, RequestID: 0a-1b"
        )
        reason = f"{client}, api error {CODES[service]}: {text}"

        def refuse(function: Function, _: Aws, args: Properties, reason: str = reason) -> None:
            raise ProviderError(f"reading {function.label} ({function.name_of(args)}): {reason}")

        monkeypatch.setattr(ASKED_BY[action], "run", refuse)


_OF_DEFINITION = {"task_definition": "name"} | {
    name: name for name in ("passed_roles", "containers", "container", "cpu", "memory", "windows")
}


def placed(**values: Any) -> Placement:  # noqa: ANN401 - the parts of a placement and of its task definition
    """Return a placement with a task definition."""
    own = {ours: values.pop(name) for name, ours in _OF_DEFINITION.items() if name in values}
    running = RUNNING if values.get("service") else ""
    return Placement(**{"running": running, **values}, definition=Definition(**own))
