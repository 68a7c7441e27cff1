"""Turns the sidecars and volumes of an image into arguments of its task definition. It makes no decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.task_parts import EbsArgs, EfsArgs, SidecarArgs, VolumeArgs
from settings import Ebs, Efs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from settings import HealthCheck, Image, Scratch, Sidecar

_CONDITIONS = {"start": "START", "health": "HEALTHY", "success": "SUCCESS"}
"""ECS API reference, ContainerDependency."""


def sidecars(image: Image, uris: Sequence[str]) -> list[SidecarArgs]:
    """Return the arguments of the sidecars, which run the images `uris`."""
    return [_sidecar(one, uri) for one, uri in zip(image.sidecars, uris, strict=True)]


def volumes(image: Image) -> list[VolumeArgs]:
    """Return the arguments of the volumes."""
    return [_volume(one) for one in (*image.volumes, *([image.ebs] if image.ebs else []))]


def _sidecar(sidecar: Sidecar, uri: str) -> SidecarArgs:
    return SidecarArgs(
        name=sidecar.name,
        image=uri,
        command=sidecar.command,
        environment=sidecar.environment,
        secrets=sidecar.secrets,
        cpu=sidecar.cpu,
        memory=sidecar.memory,
        essential=sidecar.essential,
        job_waits_for=sidecar.job_waits_for and _CONDITIONS[sidecar.job_waits_for],
        start_timeout=sidecar.start_timeout,
        health_check=_health_check(sidecar.health_check) if sidecar.health_check else None,
        stop_timeout=sidecar.stop_timeout,
    )


def _health_check(check: HealthCheck) -> dict[str, Any]:
    return {
        "command": ["CMD", *check.command],
        "interval": check.interval,
        "timeout": check.timeout,
        "retries": check.retries,
        **({"startPeriod": check.start_period} if check.start_period else {}),
    }


def _volume(volume: Scratch | Efs | Ebs) -> VolumeArgs:
    efs = None
    if isinstance(volume, Efs):
        efs = EfsArgs(
            file_system=volume.file_system, access_point=volume.access_point, root=volume.root, iam=volume.iam
        )
    ebs = None
    if isinstance(volume, Ebs):
        ebs = EbsArgs(
            size_gib=volume.size_gib,
            type=volume.type,
            iops=volume.iops,
            throughput=volume.throughput,
            snapshot=volume.snapshot,
            kms_key=volume.kms_key,
            file_system=volume.file_system,
        )
    return VolumeArgs(
        path=volume.path,
        read_only=volume.read_only,
        sidecars={name: access == "read" for name, access in volume.sidecars.items()},
        efs=efs,
        ebs=ebs,
    )
