"""The type `Sidecar`: a further container of a task whose image is the job's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from aws_facts.fargate import LONGEST_STOP_TIMEOUT, USUAL_STOP_TIMEOUT
from settings.environment import Environment, plain_text
from settings.image_uri import ImageUri, Secrets  # noqa: TC001 - pydantic reads the annotations
from settings.limits import ContainerName  # noqa: TC001 - pydantic reads the annotation
from settings.written import instance

Words = Sequence[Annotated[str, Field(strict=True, max_length=8192), AfterValidator(plain_text)]]

_CMD = ("NONE", "CMD", "CMD-SHELL")


_MOST = 9
"""A task has at most ten containers, of which one is the job's (Amazon ECS service quotas)."""


def _without_its_kind(command: Sequence[str]) -> Sequence[str]:
    if not command[0].strip():
        raise ValueError("the first word is empty; it must be the program")
    if command[0] in _CMD:
        raise ValueError(f"must not begin with {command[0]}; the program itself writes the kind of the command")
    return command


@dataclass(frozen=True)
class HealthCheck:
    """A command that ends with 0 inside a container that is ready (ECS API reference, HealthCheck)."""

    command: Annotated[Words, Field(min_length=1), AfterValidator(_without_its_kind)]
    """One string per argument, without a shell, for example `["curl", "-f", "http://localhost:13133/"]`."""

    interval: Annotated[int, Field(strict=True, ge=5, le=300)] = field(default=30, kw_only=True)
    """Seconds between two checks. The first is as long after the start."""

    timeout: Annotated[int, Field(strict=True, ge=2, le=60)] = field(default=5, kw_only=True)
    """Seconds after which a check has failed."""

    retries: Annotated[int, Field(strict=True, ge=1, le=10)] = field(default=3, kw_only=True)
    """The number of failed checks after which the container is unhealthy."""

    start_period: Annotated[int, Field(strict=True, ge=0, le=300)] = field(default=0, kw_only=True)
    """Seconds after the start in which failed checks do not count."""


@dataclass(frozen=True)
class Sidecar:
    """A further container of the task, such as a collector of telemetry or a proxy to a database.

    ECS stops it when the job's container ends. It says nothing about the run: only the job's exit code counts.
    """

    name: ContainerName
    """The name of the container; not `job`, which is the job's own."""

    image: ImageUri
    """The image with its tag or its digest."""

    command: Words = field(default=(), kw_only=True)
    """The command. Default: that of the image."""

    environment: Environment = field(default_factory=dict, kw_only=True)
    """Plain variables."""

    secrets: Secrets = field(default_factory=dict, kw_only=True)
    """Variables whose values ECS reads from Secrets Manager or Parameter Store."""

    cpu: Annotated[int, Field(strict=True, ge=1, le=16384)] | None = field(default=None, kw_only=True)
    """CPU units of the task that are reserved for this container."""

    memory: Annotated[int, Field(strict=True, ge=6, le=122880)] | None = field(default=None, kw_only=True)
    """MiB of the task that this container may use; it is killed if it needs more. At least 6, which Docker needs."""

    essential: Annotated[bool, Field(strict=True)] = field(default=False, kw_only=True)
    """Whether the end of this container, for whatever reason, ends the run."""

    job_waits_for: Literal["start", "health", "success"] | None = field(default=None, kw_only=True)
    """The job's container starts when this one has started, is healthy, or has ended with exit code 0."""

    start_timeout: Annotated[int, Field(strict=True, ge=2, le=120)] | None = field(default=None, kw_only=True)
    """Seconds for which the job's container waits; then the run has not started. Default: ECS's."""

    health_check: Annotated[HealthCheck, instance(HealthCheck, 'HealthCheck(["curl", "-f", "http://localhost/"])')] | (
        None
    ) = field(default=None, kw_only=True)
    """The check that tells whether the container is healthy, for `job_waits_for="health"`."""

    stop_timeout: Annotated[int, Field(strict=True, ge=1, le=LONGEST_STOP_TIMEOUT)] = field(
        default=USUAL_STOP_TIMEOUT, kw_only=True
    )
    """Seconds from SIGTERM to SIGKILL."""


def _fit_into_a_task(sidecars: Sequence[Sidecar]) -> Sequence[Sidecar]:
    if len(sidecars) > _MOST:
        raise ValueError(
            f"has {len(sidecars)} sidecars; must be at most {_MOST}, since a task has at most ten containers"
        )
    return sidecars


Sidecars = Annotated[
    Sequence[Annotated[Sidecar, instance(Sidecar, 'Sidecar("proxy", "registry.example.com/proxy:2.1")')]],
    AfterValidator(_fit_into_a_task),
]
