"""The next ticks of a schedule as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from cadence.rate import Rate

if TYPE_CHECKING:
    from cadence.timetable import Timetable

_SHOWN_TICKS = 3


def tick_text(tick: datetime, timetable: Timetable) -> str:
    """Write a tick in its own zone, and in UTC where that differs."""
    utc, own = tick.astimezone(UTC), tick.astimezone(timetable.zone)
    text = f"{own:%a %Y-%m-%d %H:%M}"
    return f"{text} UTC" if timetable.timezone == "UTC" else f"{text} {own:%Z} ({utc:%a %H:%M} UTC)"


def next_ticks(timetable: Timetable, now: datetime, *, enabled: bool) -> list[str]:
    """Write a line for each of the next ticks of a schedule, or one that says why there are none to write."""
    expression = timetable.expression
    if isinstance(expression, Rate) and timetable.start is None:
        return [f"{'first run' if enabled else 'would first run'} {expression.amount} after deployment"]
    ticks = list(islice(timetable.ticks(now), _SHOWN_TICKS))
    verb = "next" if enabled else "would run"
    return [f"{verb}: {tick_text(tick, timetable)}" for tick in ticks] or ["no further tick"]
