"""What a source has: jobs with their schedules and placements, and what cannot be carried over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from settings import Job

UNKNOWN = "replace-me"
"""Stands for a name or a command that the source does not say. A preview or the first run refuses it."""

IS_OFF = "do not enable this job unless you want it to run"
"""What to do with a job that the source does not run."""


class SourceError(Exception):
    """A source that cannot be read. The message is one line and says how to fix it."""


@dataclass(frozen=True)
class Leftover:
    """A part of the source that is not carried over, or not as it was."""

    where: str
    """A file with its line, or an ARN."""
    field: str
    """The part, such as `spec.suspend`; empty for the whole."""
    todo: str
    """What becomes of it, and what to do."""

    def __str__(self) -> str:
        """Return the line of a list."""
        return ": ".join(part for part in (self.where, self.field, self.todo) if part)


Note: TypeAlias = Callable[[str, str], None]
"""A function that lists a leftover, from its field and what to do."""


@dataclass(frozen=True)
class Placement:
    """Where a job runs: the keys of a placement in a stack file, with a name that suits it."""

    name: str
    keys: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A job of the source."""

    where: str
    """A file with its line, or an ARN."""
    kind: str
    """What the source calls it, such as `EventBridge rule`."""
    job: Job
    """Its name is the source's, which may not be valid here. Its owner is empty if the source does not say."""
    schedules: Mapping[str, Mapping[str, Any]]
    """The schedules as a stack file writes them, by key. A single one has the empty key. Empty if none is possible."""
    placement: Placement
    leftovers: Sequence[Leftover] = ()
    named: bool = True
    """Whether the name is the source's own. If not, nobody has to know that it was changed."""


@dataclass(frozen=True)
class Contents:
    """All that a source has."""

    found: Sequence[Found] = ()
    leftovers: Sequence[Leftover] = ()
    """What belongs to none of the jobs."""


@dataclass
class Notes:
    """A list of leftovers that grows while a source is read."""

    where: Callable[[str], str]
    """Returns the place of a field."""
    leftovers: list[Leftover] = field(default_factory=list)

    def __call__(self, name: str, todo: str) -> None:
        """List a field with what to do. What is listed already is not listed again."""
        one = Leftover(self.where(name), name, todo)
        if one not in self.leftovers:
            self.leftovers.append(one)
