"""The next ticks of a schedule, as text for people."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from cadence.rate import Rate

if TYPE_CHECKING:
    from cadence.timetable import Timetable

_SHOWN_TICKS = 3


def tick_text(tick: datetime, timetable: Timetable) -> str:
    """Return a tick in the schedule's time zone, and also in UTC when the two differ."""
    utc, own = tick.astimezone(UTC), tick.astimezone(timetable.zone)
    text = f"{own:%a %Y-%m-%d %H:%M}"
    return f"{text} UTC" if timetable.timezone == "UTC" else f"{text} {own:%Z} ({utc:%a %H:%M} UTC)"


def next_ticks(timetable: Timetable, now: datetime, *, enabled: bool) -> list[str]:
    """Return a line for each of the next ticks of a schedule, or one line that explains why there are none."""
    expression = timetable.expression
    if isinstance(expression, Rate) and timetable.start is None:
        return [f"{'first run' if enabled else 'would first run'} {expression.amount} after deployment"]
    ticks = list(islice(timetable.ticks(now), _SHOWN_TICKS))
    verb = "next" if enabled else "would run"
    return [f"{verb}: {tick_text(tick, timetable)}" for tick in ticks] or ["no further tick"]
