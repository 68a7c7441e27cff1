"""The task definition of a job that has an image of its own. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.task_parts import EbsArgs, SidecarArgs, VolumeArgs

CONTAINER = "job"
"""The name of the container that runs the job."""


def log_group(stack: str) -> str:
    """Return the name of the log group of a stack's jobs that have an image of their own."""
    return f"/aws/ecs/{stack}-cron-jobs"


@dataclass(frozen=True, kw_only=True)
class Logging:
    """Where the containers of a job log."""

    group: str
    region: str
    stream_prefix: str
    mode: str

    def configuration(self) -> dict[str, Any]:
        """Return the member `logConfiguration` of a container definition."""
        return {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": self.group,
                "awslogs-region": self.region,
                "awslogs-stream-prefix": self.stream_prefix,
                "mode": self.mode,
            },
        }


def containers(  # noqa: PLR0913 - what the containers of a task have
    *,
    image: str,
    logging: Logging,
    stop_timeout: int,
    secrets: Mapping[str, str],
    sidecars: Sequence[SidecarArgs] = (),
    volumes: Sequence[VolumeArgs] = (),
) -> list[dict[str, Any]]:
    """Return the container definitions: the job's, whose command and environment come with each launch, and others."""
    waits = [
        {"containerName": one.name, "condition": one.job_waits_for} for one in sidecars if one.job_waits_for is not None
    ]
    own = {
        "name": CONTAINER,
        "image": image,
        "essential": True,
        "stopTimeout": stop_timeout,
        **_secrets(secrets),
        **_mounts([(one, one.read_only) for one in volumes]),
        **({"dependsOn": waits} if waits else {}),
        "logConfiguration": logging.configuration(),
    }
    return [own, *[_sidecar(one, volumes, logging) for one in sidecars]]


def volumes_of(volumes: Sequence[VolumeArgs]) -> list[Any] | None:
    """Return the argument `volumes` of the provider's task definition; None without volumes."""
    return [{"name": one.name, **_source(one)} for one in volumes] or None


def ebs_settings(ebs: EbsArgs) -> dict[str, Any]:
    """Return the members of RunTask's `ManagedEBSVolume` that describe a volume. It is always encrypted."""
    known = {
        "VolumeType": ebs.type,
        "SizeInGiB": ebs.size_gib,
        "Iops": ebs.iops,
        "Throughput": ebs.throughput,
        "SnapshotId": ebs.snapshot,
        "Encrypted": True,
        "KmsKeyId": ebs.kms_key,
        "FilesystemType": ebs.file_system,
    }
    return {name: value for name, value in known.items() if value is not None}


def _source(volume: VolumeArgs) -> dict[str, Any]:
    """Return where a volume is; on the task's disk without members. Data in transit is always encrypted."""
    efs = volume.efs
    if efs is None:
        return {"configure_at_launch": True} if volume.ebs else {}
    authorization = {
        **({"access_point_id": efs.access_point} if efs.access_point else {}),
        **({"iam": "ENABLED"} if efs.iam else {}),
    }
    return {
        "efs_volume_configuration": {
            "file_system_id": efs.file_system,
            "root_directory": efs.root or "/",  # as ECS answers without one
            "transit_encryption": "ENABLED",
            **({"authorization_config": authorization} if authorization else {}),
        }
    }


def _sidecar(sidecar: SidecarArgs, volumes: Sequence[VolumeArgs], logging: Logging) -> dict[str, Any]:
    known = {
        "cpu": sidecar.cpu,
        "memory": sidecar.memory,
        "startTimeout": sidecar.start_timeout,
        "healthCheck": sidecar.health_check and dict(sidecar.health_check),
        "command": list(sidecar.command),
        "environment": [{"name": name, "value": value} for name, value in sorted(sidecar.environment.items())],
    }
    return {
        "name": sidecar.name,
        "image": sidecar.image,
        "essential": sidecar.essential,
        "stopTimeout": sidecar.stop_timeout,
        **{name: value for name, value in known.items() if value},
        **_secrets(sidecar.secrets),
        **_mounts([(one, one.sidecars[sidecar.name]) for one in volumes if sidecar.name in one.sidecars]),
        "logConfiguration": logging.configuration(),
    }


def _secrets(secrets: Mapping[str, str]) -> dict[str, Any]:
    return {"secrets": [{"name": name, "valueFrom": secrets[name]} for name in sorted(secrets)]} if secrets else {}


def _mounts(volumes: Sequence[tuple[VolumeArgs, bool]]) -> dict[str, Any]:
    """Return the member `mountPoints`, of volumes with whether the container may only read."""
    mounts = [
        {"sourceVolume": volume.name, "containerPath": volume.path, "readOnly": read_only}
        for volume, read_only in volumes
    ]
    return {"mountPoints": mounts} if mounts else {}
