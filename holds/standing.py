"""What all holds together ask of each schedule. Pure.

Holds may overlap: a schedule stays disabled as long as one hold is in force on it. A hold that is over stays stored
until its schedules are as config wants them, so that whoever is killed on the way leaves nothing disabled for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from holds.hold import Hold


@dataclass(frozen=True)
class Schedule:
    """A schedule of the group, as far as holds are concerned."""

    job: str
    owner: str
    enabled: bool
    """Whether Scheduler has it enabled."""


@dataclass(frozen=True)
class Step:
    """A change that a schedule needs."""

    schedule: str
    enable: bool
    """Whether a hold is over, so that the schedule returns to what config wants. Otherwise a hold disables it."""


@dataclass(frozen=True)
class Standing:
    """All stored holds at one time."""

    holds: Sequence[Hold]
    now: datetime

    @property
    def in_force(self) -> list[Hold]:
        """The holds that keep schedules disabled, the one that lasts longest first."""
        found = [hold for hold in self.holds if hold.is_in_force(self.now)]
        return sorted(found, key=lambda hold: (hold.until is None, hold.until or hold.begin, hold.id), reverse=True)

    @property
    def over(self) -> list[Hold]:
        """The holds that have ended."""
        return [hold for hold in self.holds if hold.is_over(self.now)]

    def keeping(self, job: str, owner: str) -> Hold | None:
        """Return the hold that keeps a job's schedules disabled, the one that lasts longest; None for none."""
        return next((hold for hold in self.in_force if hold.covers(job, owner)), None)

    def steps(self, schedules: Mapping[str, Schedule]) -> list[Step]:
        """Return the changes that these schedules need, those that disable first."""
        disable, enable = [], []
        for name, one in sorted(schedules.items()):
            if self.keeping(one.job, one.owner) is not None:
                disable += [Step(name, enable=False)] if one.enabled else []
            elif not one.enabled and any(hold.covers(one.job, one.owner) for hold in self.over):
                enable.append(Step(name, enable=True))
        return [*disable, *enable]
