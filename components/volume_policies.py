"""What the role of a job may do with its file systems. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from components.task_parts import VolumeArgs


def mount_statements(cluster_arn: str, volumes: Iterable[VolumeArgs]) -> list[dict[str, Any]]:
    """Return the statements that allow to mount exactly these file systems, those without IAM excepted.

    A volume with an access point may be mounted through that one only (EFS User Guide, "Using IAM to control file
    system data access"). Without `elasticfilesystem:ClientRootAccess` a container that runs as root acts as nobody.
    """
    here = Arn.parse(cluster_arn)
    written: dict[tuple[str, str | None], bool] = {}
    for volume in volumes:
        if volume.efs is not None and volume.efs.iam:
            key = (volume.efs.file_system, volume.efs.access_point)
            written[key] = written.get(key, False) or volume.written
    return [_mount(here, *key, write=write) for key, write in sorted(written.items(), key=str)]


def _mount(here: Arn, file_system: str, access_point: str | None, *, write: bool) -> dict[str, Any]:
    through = access_point and {
        "StringEquals": {
            "elasticfilesystem:AccessPointArn": here.sibling("elasticfilesystem", f"access-point/{access_point}")
        }
    }
    return {
        "Sid": f"Mount{file_system}{access_point or ''}".replace("-", ""),
        "Effect": "Allow",
        "Action": [
            "elasticfilesystem:ClientMount",
            *(["elasticfilesystem:ClientWrite"] if write else []),
        ],
        "Resource": here.sibling("elasticfilesystem", f"file-system/{file_system}"),
        **({"Condition": through} if through else {}),
    }
