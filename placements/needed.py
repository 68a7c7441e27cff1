"""What must exist for a placement to work, though the program needs nothing of it: roles, subnets, security groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from placements.lookups import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from placements.report import Report

T = TypeVar("T")


@dataclass(frozen=True)
class Needed:
    """One of these things, and which part of the placement names it."""

    name: str
    part: str
    index: int | None = None
    """Its place in the list that the part is."""
    owner: str = ""
    """What the part names, when that is not the thing but what has it."""
    kind: str = ""
    """What the thing is to its owner."""

    def blame(self, report: Report, message: str) -> None:
        """Note what is wrong with it."""
        if self.owner:
            report.add(self.part, self.owner, f"its {self.kind} '{self.name}': {message}", self.index)
        else:
            report.add(self.part, self.name, message, self.index)


def look_at_each(
    things: Iterable[Needed], ask: Callable[[str], T], report: Report, what: str = "existence"
) -> dict[Needed, T]:
    """Ask for each thing; give those that exist.

    One that does not exist is a problem. That some may not be looked at is one warning for each part, and `what` says
    what therefore is not checked.
    """
    found = {}
    denied: dict[tuple[str, str], list[str]] = {}
    for thing in things:
        try:
            found[thing] = ask(thing.name)
        except Refused as refusal:
            if refusal.permission:
                denied.setdefault((thing.part, refusal.permission), []).append(thing.name)
            else:
                thing.blame(report, str(refusal))
    for (part, permission), names in denied.items():
        report.warn_unchecked(part, names, what, permission)
    return found
