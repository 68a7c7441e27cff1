"""When a deployed schedule is due, from what GetSchedule answers. Pure."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import cadence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MOST_COMING = 10


def timetable(described: Mapping[str, Any]) -> cadence.Timetable | None:
    """Read a schedule's timetable; None for one that is never called, since no tick is between its start and end."""
    expression = cadence.parse(described["ScheduleExpression"])
    once = isinstance(expression, cadence.At)  # whose start and end AWS ignores
    try:
        return cadence.Timetable(
            expression,
            timezone=described.get("ScheduleExpressionTimezone") or "UTC",
            start=None if once else described.get("StartDate"),
            end=None if once else described.get("EndDate"),
            window=described["FlexibleTimeWindow"].get("MaximumWindowInMinutes", 0),
        )
    except cadence.ExpressionError:
        return None


def coming(described: Mapping[str, Any], now: datetime) -> tuple[datetime, ...]:
    """Find the next ticks of a schedule, at most `MOST_COMING`; none of one that is disabled."""
    table = timetable(described)
    if table is None or described["State"] != "ENABLED":
        return ()
    return tuple(islice(table.ticks(now, anchor=described["LastModificationDate"]), MOST_COMING))
