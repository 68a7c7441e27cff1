"""The types of the volumes that a task with an image of its own can have, and the limits that AWS sets for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, Tag

from settings.patterns import matching
from settings.written import instance, one_of

Path = Annotated[
    str,
    matching(
        r"^(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$",
        "an absolute path of letters, digits, dots, hyphens and underscores, such as /var/lib/work",
        max_length=200,
    ),
]
"""Where a container has a volume. A name in the path does not start with a dot, so there is no way up."""

Access = Literal["read", "write"]


@dataclass(frozen=True)
class Volume:
    """A directory of the job's container, which sidecars may have too."""

    path: Path
    """Where the containers have the volume."""

    read_only: Annotated[bool, Field(strict=True)] = field(default=False, kw_only=True)
    """Whether the job's container may only read."""

    sidecars: Mapping[str, Access] = field(default_factory=dict, kw_only=True)
    """The sidecars that have the volume at the same path, each with `"read"` or `"write"`."""


@dataclass(frozen=True)
class Scratch(Volume):
    """A directory on the task's own disk, which is empty when the task starts and gone when it ends."""


@dataclass(frozen=True)
class Efs(Volume):
    """A directory of a file system of Amazon EFS. What passes between task and file system is always encrypted."""

    file_system: Annotated[str, matching(r"^fs-[0-9a-f]{8,40}$", "a file system's id, such as fs-0123456789abcdef0")]
    """The id of the file system (EFS API reference, FileSystemId)."""

    access_point: (
        Annotated[str, matching(r"^fsap-[0-9a-f]{8,40}$", "an access point's id, such as fsap-0123456789abcdef0")]
        | None
    ) = field(default=None, kw_only=True)
    """The id of an access point, which sets directory, user and group (EFS API reference, AccessPointId)."""

    root: Path | None = field(default=None, kw_only=True)
    """The directory of the file system. Default: its root, or that of the access point."""

    iam: Annotated[bool, Field(strict=True)] = field(default=True, kw_only=True)
    """Whether the job's role is what allows the access. Otherwise the network and the policy of the file system do."""


SCRATCH, EFS = "[scratch]", "[efs]"
"""Pydantic's tags for the types of a volume."""

Volumes = Sequence[
    Annotated[
        Annotated[Scratch, instance(Scratch, 'Scratch("/work")'), Tag(SCRATCH)]
        | Annotated[Efs, instance(Efs, 'Efs("/data", "fs-0123456789abcdef0")'), Tag(EFS)],
        one_of({Scratch: SCRATCH, Efs: EFS}),
    ]
]
