"""Brings the schedules of a group to what the holds ask for. The watch and the operators' commands do the same.

Holds and schedules are read again after each round, because somebody may store a hold at any moment. So whoever
lifted a hold at the same time as another one was made disables again what he enabled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from holds.switching import Switched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from holds.standing import Schedule, Standing, Step

_ROUNDS = 4
"""The holds are read at most this many times. A step that failed is tried again after each reading."""


class Group(Protocol):
    """The schedules of a group, and its holds."""

    def standing(self) -> Standing:
        """Return the holds as they are now."""

    def schedules(self) -> Mapping[str, Schedule]:
        """Return the schedules as they are now, by name."""

    def switch(self, steps: Sequence[Step]) -> Iterable[tuple[Step, Switched | Exception]]:
        """Make these changes; return what became of each, or the error."""


@dataclass
class Outcome:
    """What was done, and what was not."""

    standing: Standing
    """The holds, as they were read last."""
    changed: set[str] = field(default_factory=set)
    """The schedules whose state was changed."""
    unmarked: set[str] = field(default_factory=set)
    """Schedules of another program. Holds leave them as they are."""
    left: set[str] = field(default_factory=set)
    """Schedules that still need a change."""
    failed: dict[str, Exception] = field(default_factory=dict)
    """The last error of those that could not be changed."""


def bring_about(group: Group, most: int | None = None) -> Outcome:
    """Make the changes that the holds ask for, at most `most` of them."""
    settled: set[Step] = set()
    outcome = Outcome(group.standing())
    tries = 0
    for round_ in range(_ROUNDS + 1):
        needed = [step for step in outcome.standing.steps(group.schedules()) if step not in settled]
        outcome.left = {step.schedule for step in needed}
        outcome.failed = {name: error for name, error in outcome.failed.items() if name in outcome.left}
        some = needed if most is None else needed[: most - tries]
        if not some or round_ == _ROUNDS:
            break
        tries += len(some)
        for step, result in group.switch(some):
            _note(outcome, step, result, settled)
        outcome.standing = group.standing()
    return outcome


def _note(outcome: Outcome, step: Step, result: Switched | Exception, settled: set[Step]) -> None:
    match result:
        case Exception():
            outcome.failed[step.schedule] = result
        case Switched.CHANGED:
            outcome.changed.add(step.schedule)
        case Switched.UNMARKED:
            outcome.unmarked.add(step.schedule)
            settled.add(step)
        case Switched.AS_WANTED:
            settled.add(step)
