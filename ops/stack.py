"""Finds a stack's schedules: the region is in its file, and the group has the stack's name."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import settings
from ops.errors import NotFoundError, OpsError, WrongArgumentError
from settings import stack_file

CHECKOUT = Path(__file__).absolute().parent.parent
SANDBOX = "sandbox"
"""The stack in the embedded AWS on this machine."""


@dataclass(frozen=True)
class Place:
    """A schedule group in a region."""

    region: str
    group: str

    def __str__(self) -> str:
        """Return the group and the region as text."""
        return f"group {self.group} ({self.region})"


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What an operator has typed to name a stack or a schedule group; None for an option that is not given."""

    stack: str | None
    group: str | None
    region: str | None

    @property
    def options(self) -> str:
        """The options as an operator types them for another command."""
        given = {"--stack": self.stack, "--group": self.group, "--region": self.region}
        return shlex.join(word for name, value in given.items() if value for word in (name, value))

    def place(self) -> Place:
        """Return the schedule group; OpsError when the options do not name one."""
        return find(CHECKOUT, self.stack, region=self.region, group=self.group)


def find(folder: Path, stack: str | None, *, region: str | None, group: str | None) -> Place:
    """Return the schedule group of a stack that has a Pulumi.<stack>.yaml in `folder`.

    `region` and `group` win over those of the stack. Raises OpsError when one of them is missing.
    """
    if stack is None and (region is None or group is None):
        raise WrongArgumentError("set --stack, or set --group and --region for the schedules of another program")
    return Place(region or _region(folder, stack or ""), group or f"{settings.NAMESPACE}-{stack}")


def _region(folder: Path, stack: str) -> str:
    problems, file = settings.Problems(), folder / f"Pulumi.{stack}.yaml"
    region = stack_file.region(file, problems)
    if region is None:
        error = OpsError if file.exists() else NotFoundError
        raise error("; ".join(map(str, problems)))
    return region
