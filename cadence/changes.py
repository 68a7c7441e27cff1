"""The instants at which a zone's clocks are set forward or back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from cadence.zones import zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Two changes that cancel out within a step would be missed. Since 1970 no zone has had two changes so close.
_STEP = timedelta(days=2)
_LAST_YEAR = 2199


@dataclass(frozen=True)
class ClockChange:
    """One change of a zone's offset from UTC, at the instant `at`."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def forward(self) -> bool:
        """Whether wall-clock times are skipped."""
        return self.after > self.before

    @property
    def skips(self) -> tuple[datetime, datetime]:
        """The first wall-clock time that is skipped and the first one after the gap, both without a zone.

        When the clocks are set back, no time lies between the two.
        """
        instant = self.at.replace(tzinfo=None)
        return instant + self.before, instant + self.after


def clock_changes(zone_name: str, after: datetime, until: datetime) -> Iterator[ClockChange]:
    """Yield a zone's changes in (after, until], ascending, up to the last year of AWS; both limits are in UTC."""
    for year in range(after.year, min(until.year, _LAST_YEAR) + 1):
        for change in _changes_in(zone_name, year):
            if after < change.at <= until:
                yield change


@lru_cache(maxsize=8192)
def _changes_in(zone_name: str, year: int) -> tuple[ClockChange, ...]:
    time_zone = zone(zone_name)

    def offset(instant: datetime) -> timedelta:
        return instant.astimezone(time_zone).utcoffset() or timedelta(0)

    changes = []
    low, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    while low < end:
        high = min(low + _STEP, end)
        before, after = offset(low), offset(high)
        if before != after:
            changes.append(ClockChange(_first_with(offset, low, high, before), before, after))
        low = high
    return tuple(changes)


def _first_with(offset: Callable[[datetime], timedelta], low: datetime, high: datetime, before: timedelta) -> datetime:
    """Return the first second in (low, high] whose offset is not `before`."""
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if offset(middle) == before:
            low = middle
        else:
            high = middle
    return high
