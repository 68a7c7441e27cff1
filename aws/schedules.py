"""A schedule's ticks, from what AWS tells of the schedule. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cadence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def timetable(
    expression: str,
    timezone: str | None,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    window: int | None = None,
) -> cadence.Timetable | None:
    """Return the ticks of a schedule; None for one that AWS takes and never calls: no tick is between start and end.

    Raises ExpressionError and ZoneError for what AWS would not have taken. `window` is in minutes.
    """
    read = cadence.parse(expression)
    once = isinstance(read, cadence.At)  # whose start and end AWS ignores
    zone = cadence.zone(timezone or "UTC").key
    try:
        return cadence.Timetable(
            read, timezone=zone, start=None if once else start, end=None if once else end, window=window or 0
        )
    except cadence.ExpressionError:
        return None


def described_timetable(described: Mapping[str, Any]) -> cadence.Timetable | None:
    """Return the ticks of a schedule of GetSchedule's answer; None for one that is never called."""
    return timetable(
        described["ScheduleExpression"],
        described.get("ScheduleExpressionTimezone"),
        start=described.get("StartDate"),
        end=described.get("EndDate"),
        window=described.get("FlexibleTimeWindow", {}).get("MaximumWindowInMinutes"),
    )
