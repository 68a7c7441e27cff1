"""The type `Ebs`: a volume that each task with an image of the job's own gets, and the limits that AWS sets for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from aws_facts import ebs
from settings.limits import KeyArn  # noqa: TC001 - pydantic reads the annotation
from settings.patterns import matching
from settings.volumes import Volume
from settings.written import instance


def _shape(volume: Ebs) -> Ebs:
    problem = ebs.problem(volume.type, volume.size_gib, volume.iops, volume.throughput, snapshot=bool(volume.snapshot))
    if problem is not None:
        raise ValueError(problem)
    return volume


@dataclass(frozen=True)
class Ebs(Volume):
    """A volume of Amazon EBS that ECS creates for each task, and deletes when the task has ended."""

    size_gib: Annotated[int, Field(strict=True, ge=1)] | None = None
    """Its size in GiB. Default: that of the snapshot."""

    type: Literal["gp2", "gp3", "io1", "io2", "st1", "sc1"] = field(default="gp3", kw_only=True)
    """The volume type. Fargate takes no `standard`."""

    iops: Annotated[int, Field(strict=True, ge=1)] | None = field(default=None, kw_only=True)
    """I/O operations per second. Default for gp3: 3000."""

    throughput: Annotated[int, Field(strict=True, ge=1)] | None = field(default=None, kw_only=True)
    """MiB per second, only for gp3. Default: 125."""

    snapshot: (
        Annotated[
            str, matching(r"^snap-([0-9a-f]{8}|[0-9a-f]{17})$", "a snapshot's id, such as snap-0123456789abcdef0")
        ]
        | None
    ) = field(default=None, kw_only=True)
    """The id of a snapshot that the volume begins with."""

    kms_key: KeyArn | None = field(default=None, kw_only=True)
    """The ARN of a KMS key of your own that encrypts the volume. Default: the key of AWS, or that of the account."""

    file_system: Literal["ext3", "ext4", "xfs"] = field(default="xfs", kw_only=True)
    """The file system; for a snapshot the one that it has."""


OwnEbs = Annotated[Ebs, instance(Ebs, 'Ebs("/work", 200)'), AfterValidator(_shape)]
