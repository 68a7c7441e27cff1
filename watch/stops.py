"""Stops that an operator announces in the ledger, before ECS is told. Plain data.

So a run that somebody stopped is known as such whatever ECS says of its end, and is neither alerted nor repeated.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from watch import instants, untrusted
from watch.names import STOP_REASON

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_COUNTS = timedelta(minutes=10)
"""How long an announcement counts. ECS waits at most two minutes between SIGTERM and SIGKILL on Fargate (ECS API
reference, ContainerDefinition, stopTimeout). One whose command was killed before StopTask ends by itself."""
_STANDS = timedelta(minutes=1)
"""How long an announcement is not replaced by another one: two operators stop the same run."""
_LONGEST = 1024
"""Characters of a reason that are read."""


@dataclass(frozen=True, kw_only=True)
class AnnouncedStop:
    """A stop of one run."""

    by: str
    """Who stops the run: the name of the credentials' user or role."""
    why: str
    at: str
    """When it was announced."""
    schedule: str
    tick: str
    """`schedule` and `tick` are for people who read the table. They are empty for a run that names none."""
    withdrawn: bool = False
    """Whether ECS did not stop the run."""

    @property
    def reason(self) -> str:
        """The reason for StopTask and for the run's record."""
        return f"{STOP_REASON}stopped by {self.by}: {self.why}"

    def stands(self, now: datetime) -> bool:
        """Return whether another announcement of the same stop is not needed."""
        return not self.withdrawn and instants.read(self.at) >= now - _STANDS

    def explains(self, stopped: datetime | None) -> bool:
        """Return whether it explains that a run was over at this time; None for a time that nobody knows."""
        at = instants.read(self.at)
        return not self.withdrawn and (stopped is None or at <= stopped <= at + _COUNTS)

    def withdraw(self) -> Self:
        """Return the announcement after ECS did not stop the run."""
        return replace(self, withdrawn=True)

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any]) -> Self:
        """Return the announcement of this plain data; ValueError, TypeError or KeyError for other data."""
        texts = {name: untrusted.visible(str(raw[name]))[:_LONGEST] for name in ("by", "why", "schedule", "tick")}
        return cls(**texts, at=untrusted.instant(raw["at"]), withdrawn=bool(raw.get("withdrawn")))
