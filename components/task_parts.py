"""The arguments of what a task has beside the job's container: sidecars and volumes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class SidecarArgs:
    """A further container of the task."""

    name: str
    image: str
    """The image by tag or digest."""
    command: Sequence[str] = ()
    """The command. Default: that of the image."""
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    """As those of `ImageTaskArgs`."""
    cpu: int | None = None
    """CPU units that are reserved for it."""
    memory: int | None = None
    """The MiB that it may use."""
    essential: bool = False
    """Whether its end ends the task."""
    job_waits_for: str | None = None
    """`START`, `HEALTHY` or `SUCCESS`: what the job's container waits for (ECS API reference, ContainerDependency)."""
    start_timeout: int | None = None
    """Seconds for which the job's container waits."""
    health_check: Mapping[str, Any] | None = None
    """As ECS names its members (ECS API reference, HealthCheck)."""
    stop_timeout: int = 30
    """Seconds from SIGTERM to SIGKILL."""


@dataclass(frozen=True, kw_only=True)
class EfsArgs:
    """The file system of a volume."""

    file_system: str
    """Its id."""
    access_point: str | None = None
    """The id of an access point."""
    root: str | None = None
    """The directory of the file system. Default: its root, or that of the access point."""
    iam: bool = True
    """Whether the job's role is what allows the access."""


@dataclass(frozen=True, kw_only=True)
class EbsArgs:
    """The volume of EBS that ECS creates for each task, and deletes after it."""

    size_gib: int | None = None
    """Its size. Default: that of the snapshot."""
    type: str = "gp3"
    iops: int | None = None
    throughput: int | None = None
    """MiB per second."""
    snapshot: str | None = None
    """The id of a snapshot that the volume begins with."""
    kms_key: str | None = None
    """The ARN of a KMS key of your own. Default: the key of AWS, or that of the account."""
    file_system: str = "xfs"


@dataclass(frozen=True, kw_only=True)
class VolumeArgs:
    """A directory of the job's container, which sidecars may have too.

    Without `efs` and `ebs` it is on the task's disk. One volume of a task may have `ebs`.
    """

    path: str
    """Where the containers have it."""
    read_only: bool = False
    """Whether the job's container may only read."""
    sidecars: Mapping[str, bool] = field(default_factory=dict)
    """By sidecar, whether it may only read."""
    efs: EfsArgs | None = None
    ebs: EbsArgs | None = None

    @property
    def name(self) -> str:
        """The volume's name in the task definition: letters, digits, hyphens and underscores."""
        return volume_name(self.path)

    @property
    def written(self) -> bool:
        """Whether a container may write."""
        return not self.read_only or not all(self.sidecars.values())


def volume_name(path: str) -> str:
    """Return the name of the volume at a path (ECS API reference, Volume: letters, digits, hyphens, underscores)."""
    return path.strip("/").replace("/", "-").replace(".", "_")
