"""What a reviewer is told of new and changed schedules: old and new times in words, and the next ticks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import cadence

_SHOWN_TICKS = 3

Inputs = Mapping[str, Any]
"""A schedule resource's inputs, as a resource hook is given them."""


def explain(name: str, old: Inputs | None, new: Inputs, now: datetime) -> str | None:
    """Say in lines what changes about a schedule's times, or None when nothing does.

    `old` is None for a schedule that is new.
    """
    before, after = None if old is None else _words(old), _words(new)
    if before == after:
        return None
    lines = coming(_timetable(new), now, enabled=new.get("state") != "DISABLED")
    first = f"{name}: {after}" if before is None else f"{name}: {after}; was: {before}"
    return "\n".join([first, *(f"    {line}" for line in lines)])


def tick_text(tick: datetime, timetable: cadence.Timetable) -> str:
    """Write a tick in its own zone, and in UTC where that differs."""
    utc, own = tick.astimezone(UTC), tick.astimezone(timetable.zone)
    text = f"{own:%a %Y-%m-%d %H:%M}"
    return f"{text} UTC" if timetable.timezone == "UTC" else f"{text} {own:%Z} ({utc:%a %H:%M} UTC)"


def coming(timetable: cadence.Timetable, now: datetime, *, enabled: bool) -> list[str]:
    """Write the next ticks of a schedule, or why there are none to write."""
    if isinstance(timetable.expression, cadence.Rate) and timetable.start is None:
        return ["counts from its deployment" if enabled else "would count from its deployment"]
    ticks = list(islice(timetable.ticks(now), _SHOWN_TICKS))
    verb = "next" if enabled else "would run"
    return [f"{verb}: {tick_text(tick, timetable)}" for tick in ticks] or ["no tick to come"]


def _words(inputs: Inputs) -> str:
    try:
        text = cadence.describe(_timetable(inputs))
    except (cadence.ExpressionError, cadence.ZoneError):
        # What somebody typed into the console in the meantime need not be what we can read.
        text = f"{inputs.get('scheduleExpression')} {inputs.get('scheduleExpressionTimezone') or 'UTC'}"
    return f"{text}, disabled" if inputs.get("state") == "DISABLED" else text


def _timetable(inputs: Inputs) -> cadence.Timetable:
    window = inputs.get("flexibleTimeWindow") or {}
    return cadence.Timetable(
        cadence.parse(inputs["scheduleExpression"]),
        timezone=inputs.get("scheduleExpressionTimezone") or "UTC",
        start=_instant(inputs.get("startDate")),
        end=_instant(inputs.get("endDate")),
        window=int(window.get("maximumWindowInMinutes") or 0),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
