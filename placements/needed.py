"""Things that must exist for a placement to work: roles, subnets, security groups. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from judgements.answers import Answer
    from placements.report import Report

T = TypeVar("T")


@dataclass(frozen=True)
class Needed:
    """A role, subnet or security group, and the part of the placement that names it."""

    name: str
    part: str
    index: int | None = None
    """The index of the thing in the part, if the part is a list."""
    owner: str = ""
    """The task definition or service that the part names, if the part does not name the thing itself."""
    kind: str = ""
    """The kind of thing, such as "task role", as its owner has it."""

    def blame(self, report: Report, message: str) -> None:
        """Record a mistake about the thing."""
        if self.owner:
            report.add(self.part, self.owner, f"its {self.kind} '{self.name}': {message}", self.index)
        else:
            report.add(self.part, self.name, message, self.index)


def judge_each(
    things: Iterable[Needed], answers: Mapping[str, Answer[T]], report: Report, what: str = "existence"
) -> dict[Needed, T]:
    """Return the answers for the things that exist; `answers` has one for the name of each thing.

    A thing that does not exist is a problem. A missing permission is one warning per part, which says that `what` is
    not checked.
    """
    found: dict[Needed, T] = {}
    denied: dict[tuple[str, str], tuple[Refused, list[str]]] = {}
    for thing in things:
        answer = answers[thing.name]
        if not isinstance(answer, Refused):
            found[thing] = answer
        elif answer.permission:
            denied.setdefault((thing.part, answer.permission), (answer, []))[1].append(thing.name)
        else:
            thing.blame(report, str(answer))
    for (part, _), (refusal, names) in denied.items():
        report.warn_unchecked(part, names, what, refusal)
    return found
