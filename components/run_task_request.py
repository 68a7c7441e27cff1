"""The RunTask request that a schedule sends: the existing task definition with the overrides of the job."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from aws_facts.fargate import FARGATE_SIZES
from aws_facts.universal_target import SCHEDULED_TIME
from watch.names import JOB_NAME, JOB_SCHEDULE, JOB_SCHEDULED_TIME, JOB_TRIGGER, MANUAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_OVERRIDE = 8192
"""The most characters of all overrides of a RunTask call (ECS API reference, TaskOverride)."""

_LONGEST_TAG = 256


def run_task_request(  # noqa: PLR0913 - the members of one AWS request
    *,
    cluster: str,
    task_definition: str,
    task_group: str,
    client_token: str,
    network: Mapping[str, Any],
    capacity: Mapping[str, Any],
    container_override: Mapping[str, Any],
    task_override: Mapping[str, str],
    tags: Mapping[str, str],
    started_by: str | None = None,
    volume: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the input of the universal target `aws-sdk:ecs:runTask`, which needs PascalCase.

    The input must be equal in all deliveries of one tick: ECS answers a known token with other parameters with a
    ConflictException.
    """
    return {
        "Cluster": cluster,
        "TaskDefinition": task_definition,
        "Count": 1,
        "ClientToken": client_token,
        "Group": task_group,
        **({"StartedBy": started_by} if started_by else {}),
        **capacity,
        "NetworkConfiguration": network,
        **({"VolumeConfigurations": [volume]} if volume else {}),
        "Overrides": {"ContainerOverrides": [container_override], **task_override},
        "EnableECSManagedTags": True,
        "Tags": [{"Key": k, "Value": v[:_LONGEST_TAG]} for k, v in sorted(tags.items())],
    }


def client_token(project: str, stack: str, schedule_name: str) -> str:
    """Return the token that identifies a tick to ECS, so that a second delivery starts nothing; 53 of 64 characters."""
    seed = f"{project}/{stack}/{schedule_name}"
    return f"{hashlib.sha256(seed.encode()).hexdigest()[:32]}-{SCHEDULED_TIME}"


def container_override(
    container: str, command: Sequence[str] | None, environment: Mapping[str, str], *, job: str, schedule: str
) -> dict[str, Any]:
    """Return the container override: the command, and the environment with the three variables of every run.

    Without a command the container runs its own.
    """
    return {
        "Name": container,
        **({"Command": list(command)} if command is not None else {}),
        "Environment": _pairs({**environment, **_run_environment(job, schedule)}),
    }


def task_override(cpu: int | None, memory: int | None) -> dict[str, str]:
    """Return the override of the task itself: CPU units and MiB as strings, as ECS requires."""
    return {name: str(value) for name, value in (("Cpu", cpu), ("Memory", memory)) if value is not None}


def network_configuration(
    subnets: Sequence[str], security_groups: Sequence[str], *, assign_public_ip: bool
) -> dict[str, Any]:
    """Return the awsvpc configuration of a task."""
    groups = {"SecurityGroups": list(security_groups)} if security_groups else {}
    return {
        "AwsvpcConfiguration": {
            "Subnets": list(subnets),
            **groups,
            "AssignPublicIp": "ENABLED" if assign_public_ip else "DISABLED",
        }
    }


def capacity(strategy: Mapping[str, int | Mapping[str, int]]) -> dict[str, Any]:
    """Return the capacity part of the request: the share of each provider, or plain Fargate without shares.

    A share is a weight, or a mapping with `weight` and `base`, of which each is 0 by default.
    """
    if not strategy:
        return {"LaunchType": "FARGATE"}
    return {"CapacityProviderStrategy": [_share(*named) for named in sorted(strategy.items())]}


def volume_configuration(name: str, role: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a volume that ECS creates for the task, and deletes with it.

    The volume has the tags of the task definition (ECS API reference, EBSTagSpecification).
    """
    return {
        "Name": name,
        "ManagedEBSVolume": {
            **settings,
            "RoleArn": role,
            "TagSpecifications": [{"ResourceType": "volume", "PropagateTags": "TASK_DEFINITION"}],
            "TerminationPolicy": {"DeleteOnTermination": True},
        },
    }


def override_length(
    command: Sequence[str] | None,
    environment: Mapping[str, str],
    *,
    cpu: int | None = None,
    memory: int | None = None,
) -> int:
    """Return the number of characters of a run's overrides as JSON, with the longest names that can occur.

    A run by hand has one variable more, and may have other sizes: those of Fargate, or smaller ones.
    """
    by_hand = {**environment, JOB_TRIGGER: MANUAL}
    override = container_override("c" * 255, command, by_hand, job="j" * 40, schedule="s" * 61)
    largest = max(FARGATE_SIZES)
    sizes = task_override(max(largest, cpu or 0), max(*FARGATE_SIZES[largest], memory or 0))
    return len(json.dumps({"ContainerOverrides": [override], **sizes}, separators=(",", ":")))


def _share(provider: str, share: int | Mapping[str, int]) -> dict[str, Any]:
    weight, base = (share, 0) if isinstance(share, int) else (share.get("weight", 0), share.get("base", 0))
    return {"CapacityProvider": provider, "Weight": weight, **({"Base": base} if base else {})}


def _run_environment(job: str, schedule: str) -> dict[str, str]:
    return {JOB_NAME: job, JOB_SCHEDULE: schedule, JOB_SCHEDULED_TIME: SCHEDULED_TIME}


def _pairs(environment: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in sorted(environment.items())]
