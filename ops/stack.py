"""Where a stack's schedules are: the region of its file, and the group that the program names after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import settings
from ops.errors import OpsError
from settings import stack_file

if TYPE_CHECKING:
    from pathlib import Path

SANDBOX = "sandbox"
"""The stack of the embedded AWS on this machine."""


@dataclass(frozen=True)
class Place:
    """A schedule group in a region."""

    region: str
    group: str

    def __str__(self) -> str:
        """Name both."""
        return f"group {self.group} ({self.region})"


def find(folder: Path, stack: str | None, *, region: str | None, group: str | None) -> Place:
    """Find the schedules of a stack that has a Pulumi.<stack>.yaml in `folder`; what is given is not looked up.

    OpsError says what is missing.
    """
    if stack is None and (region is None or group is None):
        raise OpsError("say which --stack, or for the schedules of another program both --group and --region")
    return Place(region or _region(folder, stack or ""), group or f"{settings.NAMESPACE}-{stack}")


def _region(folder: Path, stack: str) -> str:
    problems = settings.Problems()
    region = stack_file.region(folder / f"Pulumi.{stack}.yaml", problems)
    if region is None:
        raise OpsError("; ".join(map(str, problems)))
    return region
