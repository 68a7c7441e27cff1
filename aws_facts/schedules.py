"""A schedule's ticks, from AWS's description of the schedule. Pure."""

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
    """Return the timetable of a schedule; None when it has no tick between start and end, which AWS accepts.

    Raises ExpressionError and ZoneError for values that AWS does not accept. `window` is in minutes.
    """
    read = cadence.parse(expression)
    once = isinstance(read, cadence.At)  # AWS ignores the start and end of a one-time schedule
    zone = cadence.zone(timezone or "UTC").key
    try:
        return cadence.Timetable(
            read, timezone=zone, start=None if once else start, end=None if once else end, window=window or 0
        )
    except cadence.ExpressionError:
        return None


def described_timetable(described: Mapping[str, Any]) -> cadence.Timetable | None:
    """Return the timetable of a schedule that GetSchedule describes; None for a schedule without a tick."""
    return timetable(
        described["ScheduleExpression"],
        described.get("ScheduleExpressionTimezone"),
        start=described.get("StartDate"),
        end=described.get("EndDate"),
        window=described.get("FlexibleTimeWindow", {}).get("MaximumWindowInMinutes"),
    )
