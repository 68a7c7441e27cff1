"""What a task needs before its containers start: an image, roles, log groups and secrets. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_facts import value_from
from aws_facts.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aws_facts.value_from import ValueFrom

_AWSLOGS = "awslogs"


@dataclass(frozen=True)
class Platform:
    """What an image is made for, in the words of image manifests."""

    system: str
    """`linux` or `windows`."""
    architecture: str
    """`amd64` or `arm64`."""

    def __str__(self) -> str:
        """Return the platform as `docker build --platform` takes it."""
        return f"{self.system}/{self.architecture}"


@dataclass(frozen=True)
class WrittenLog:
    """A log group that a container writes to."""

    region: str
    group: str
    creates: bool
    """Whether the log driver creates the group if it does not exist."""


@dataclass(frozen=True)
class UsedTask:
    """A revision of a task definition, with the roles of its tasks, and the jobs that run it."""

    definition: Mapping[str, Any]
    """As ECS describes it."""
    task_role: str
    """An ARN, as `execution_role`; empty for none."""
    execution_role: str
    jobs: Sequence[str]

    @property
    def name(self) -> str:
        """Family and revision."""
        return self.arn.resource.removeprefix("task-definition/")

    @property
    def arn(self) -> Arn:
        """The ARN of the revision."""
        return Arn.parse(self.definition["taskDefinitionArn"])

    @property
    def images(self) -> Sequence[str]:
        """The images of the containers."""
        return list(dict.fromkeys(one["image"] for one in self._containers))

    @property
    def platform(self) -> Platform:
        """What its images must be made for (ECS API reference, RuntimePlatform; Linux on X86_64 without one)."""
        given = self.definition.get("runtimePlatform") or {}
        system = str(given.get("operatingSystemFamily") or "LINUX")
        architecture = str(given.get("cpuArchitecture") or "X86_64")
        return Platform(system.partition("_")[0].lower(), {"X86_64": "amd64", "ARM64": "arm64"}[architecture])

    @property
    def logs(self) -> Sequence[WrittenLog]:
        """The log groups that containers write to with the driver awslogs."""
        return list(dict.fromkeys(self._logs()))

    @property
    def secrets(self) -> Sequence[tuple[str, ValueFrom | None]]:
        """What ECS reads before the containers start: each `valueFrom`, and what it names."""
        return [(text, value_from.parse(text, self.arn)) for text in dict.fromkeys(self._values_from())]

    @property
    def _containers(self) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self.definition["containerDefinitions"]
        return found

    def _logs(self) -> Iterator[WrittenLog]:
        for one in self._containers:
            log = one.get("logConfiguration") or {}
            options = log.get("options") or {}
            if log.get("logDriver") == _AWSLOGS and options.get("awslogs-group"):
                region = options.get("awslogs-region") or self.arn.region
                yield WrittenLog(region, options["awslogs-group"], options.get("awslogs-create-group") == "true")

    def _values_from(self) -> Iterator[str]:
        for one in self._containers:
            for secret in (
                *(one.get("secrets") or ()),
                *((one.get("logConfiguration") or {}).get("secretOptions") or ()),
            ):
                yield secret["valueFrom"]
            credentials = (one.get("repositoryCredentials") or {}).get("credentialsParameter")
            if credentials:
                yield credentials
