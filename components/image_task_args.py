"""The arguments of the task definition of a job that has an image of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.job_group import JobGroup
    from components.placement import PlacementArgs
    from components.task_parts import SidecarArgs, VolumeArgs


@dataclass(frozen=True, kw_only=True)
class BuildArgs:
    """How an image is built."""

    context: str
    """The folder whose files the Dockerfile copies, relative to the project."""
    file: str = "Dockerfile"
    """The Dockerfile, relative to the folder."""
    target: str | None = None
    """The stage to build. Default: the last one."""
    args: Mapping[str, str] = field(default_factory=dict)
    """Values for `ARG`. They stay in the image."""


@dataclass(frozen=True, kw_only=True)
class ImageTaskArgs:
    """Arguments of an `ImageTask`."""

    group: JobGroup
    """The group must have a log (`log_group` of `JobGroupArgs`)."""
    placement: PlacementArgs
    """Where the runs happen. Its task definition, container, roles and log groups do not count."""
    image: str | BuildArgs
    """The image by tag or digest, such as `123456789012.dkr.ecr.eu-central-1.amazonaws.com/report:1.4`, or how it is
    built where it changes; it is then pushed to a repository that is made for it."""
    owner: str
    cpu: int = 256
    """Task CPU in units."""
    memory: int = 512
    """Task memory in MiB."""
    architecture: str = "x86_64"
    """`x86_64` or `arm64`."""
    ephemeral_storage: int | None = None
    """The disk of a task in GiB: 21 to 200, on Fargate alone. Default: Fargate's own 20."""
    stop_timeout: int = 30
    """Seconds from SIGTERM to SIGKILL when a run is stopped."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """By the name of a variable: the ARN of a secret, with or without JSON key, or the name or ARN of a parameter."""
    secret_keys: Sequence[str] = ()
    """The ARNs of KMS keys of your own that encrypt these secrets."""
    task_role_arn: str | None = None
    """An existing role with whose permissions the job calls AWS."""
    statements: Sequence[Mapping[str, Any]] = ()
    """The policy statements of a role that is made for the job. Default: the job has no role."""
    log_mode: str = "blocking"
    """`blocking`: no line of the log is lost. `non-blocking`: the job never waits for its log."""
    sidecars: Sequence[SidecarArgs] = ()
    """Further containers of the task."""
    volumes: Sequence[VolumeArgs] = ()
    """Directories on the task's own disk, which containers share, file systems of EFS, and a volume of EBS."""
