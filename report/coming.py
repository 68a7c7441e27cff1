"""Find the next ticks of a deployed schedule from the answer of GetSchedule. Pure."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING, Any

import cadence
from aws_facts.schedules import described_timetable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

AHEAD = timedelta(hours=49)
"""The longest that the timeline shows after now: two days, of which one has 25 hours when clocks are set back."""


def timetable(described: Mapping[str, Any]) -> cadence.Timetable | None:
    """Return the timetable of a schedule; None for one without a tick, or that this version cannot read."""
    try:
        return described_timetable(described)
    except (cadence.ExpressionError, cadence.ZoneError):
        return None


def coming(described: Mapping[str, Any], now: datetime) -> tuple[datetime, ...]:
    """Return the ticks of a schedule within `AHEAD`; if there is none, the next one; none for a disabled schedule."""
    table = timetable(described)
    if table is None or described["State"] != "ENABLED":
        return ()
    ticks = iter(table.ticks(now, anchor=described["LastModificationDate"]))
    first = islice(ticks, 1)
    return tuple(chain(first, takewhile(lambda tick: tick <= now + AHEAD, ticks)))
