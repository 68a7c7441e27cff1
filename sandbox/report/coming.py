"""Find the next ticks of a deployed schedule from the answer of GetSchedule. Pure."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from aws_facts.schedules import described_timetable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MOST_COMING = 10


def coming(described: Mapping[str, Any], now: datetime) -> tuple[datetime, ...]:
    """Return the next ticks of a schedule, at most `MOST_COMING`; none for a disabled schedule."""
    table = described_timetable(described)
    if table is None or described["State"] != "ENABLED":
        return ()
    return tuple(islice(table.ticks(now, anchor=described["LastModificationDate"]), MOST_COMING))
