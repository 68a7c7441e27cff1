"""What the account answers: a refusal, or what it was asked for, such as a task definition. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

from aws_facts.fargate import cpu_units, is_windows, memory_mib
from aws_facts.launch_types import LaunchType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

T = TypeVar("T")


@dataclass(frozen=True)
class Refused:
    """A look-up that the account refused; `str()` is the reason, in one line."""

    reason: str
    permission: str | None = None
    """The permission that is missing, if that is the reason."""

    def __str__(self) -> str:
        """Return the reason."""
        return self.reason


Answer: TypeAlias = T | Refused


@dataclass(frozen=True)
class CapacityProvider:
    """A capacity provider that the account has made."""

    launch_type: LaunchType
    cluster: str = ""
    """The name of the only cluster that it serves, as one of Managed Instances does; otherwise empty."""

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        """Read the answer of `aws.cloudcontrol.get_resource`. No other function of the provider has one."""
        known = json.loads(answer["properties"])
        return cls._of(managed=bool(known.get("ManagedInstancesProvider")), cluster=known.get("ClusterName") or "")

    @classmethod
    def described(cls, provider: Mapping[str, Any]) -> Self:
        """Read a capacity provider of DescribeCapacityProviders."""
        return cls._of(managed=bool(provider.get("managedInstancesProvider")), cluster=provider.get("cluster") or "")

    @classmethod
    def _of(cls, *, managed: bool, cluster: str) -> Self:
        return cls(LaunchType.MANAGED_INSTANCES if managed else LaunchType.EC2, cluster.rpartition("/")[2])


@dataclass(frozen=True)
class FunctionConfig:
    """A Lambda function, or a version of one."""

    role: str
    """The ARN of the role with whose permissions it runs."""
    timeout: int
    """Seconds."""
    log_group: str

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        """Read the answer of `aws.lambda_.get_function`."""
        usual = f"/aws/lambda/{answer['functionName']}"
        named = [one.get("logGroup") for one in answer.get("loggingConfigs") or ()]
        return cls(answer["role"], int(answer["timeout"]), next(filter(None, named), usual))


@dataclass(frozen=True)
class Secret:
    """A secret in Secrets Manager, without its value."""

    arn: str
    key: str
    """The id, ARN or alias of the KMS key of your own that encrypts it; empty for the key of Secrets Manager."""


@dataclass(frozen=True)
class TaskDefinition:
    """A revision of a task definition."""

    status: str
    network_mode: str
    compatibilities: Sequence[str]
    task_role: str
    """`task_role` and `execution_role` are ARNs, or empty."""
    execution_role: str
    containers: Sequence[Mapping[str, Any]]
    """All container definitions, as ECS describes them."""
    cpu: int | None
    """CPU units."""
    memory: int | None
    """MiB."""
    windows: bool = False
    """Whether its containers run on Windows."""
    launch_volumes: Sequence[str] = ()
    """Names of the volumes that each launch must configure."""

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        """Read the answer of `aws.ecs.get_task_definition`."""
        containers = json.loads(answer["containerDefinitions"])
        platforms = answer.get("runtimePlatforms") or ()
        return cls._read({**answer, "containerDefinitions": containers}, platforms, "configureAtLaunch")

    @classmethod
    def described(cls, definition: Mapping[str, Any]) -> Self:
        """Read a task definition of DescribeTaskDefinition."""
        platform = definition.get("runtimePlatform")
        return cls._read(definition, [platform] if platform else (), "configuredAtLaunch")

    @classmethod
    def _read(cls, answer: Mapping[str, Any], platforms: Iterable[Mapping[str, Any]], at_launch: str) -> Self:
        """Read what both have. `at_launch` is the member of a volume that a launch must configure."""
        return cls(
            status=answer["status"],
            network_mode=answer.get("networkMode") or "",
            compatibilities=answer.get("requiresCompatibilities") or [],
            task_role=answer.get("taskRoleArn") or "",
            execution_role=answer.get("executionRoleArn") or "",
            containers=answer["containerDefinitions"],
            cpu=cpu_units(answer.get("cpu") or ""),
            memory=memory_mib(answer.get("memory") or ""),
            windows=any(is_windows(platform.get("operatingSystemFamily") or "") for platform in platforms),
            launch_volumes=[volume["name"] for volume in answer.get("volumes") or () if volume.get(at_launch)],
        )
