"""The time in which a new alarm is not evaluated (CloudWatch User Guide, "Alarm warm-up periods"). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class WarmUp:
    """A warm-up period, in which the alarm stays without data and takes no action."""

    until: datetime
    whole: bool
    """Whether it lasts until then, although there may be enough data before."""

    @classmethod
    def configured(cls, configuration: Mapping[str, Any], created: datetime) -> Self:
        """Return the warm-up of an alarm that was created then, from its WarmUpConfiguration."""
        minutes = int(configuration["WarmUpPeriodDurationInMinutes"])
        whole = bool(configuration.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds", False))
        return cls(created + timedelta(minutes=minutes), whole)

    def is_over(self, now: datetime, received: int, periods: int) -> bool:
        """Return whether the alarm is evaluated now, with so many datapoints received for so many periods."""
        return now >= self.until or (not self.whole and received >= periods)
