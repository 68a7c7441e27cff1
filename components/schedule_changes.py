"""Explains new and changed schedules to a reviewer: old and new times in words, and the next ticks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import cadence
from aws_facts import schedules

_NEVER = "never runs: no tick is between its start and its end"

Inputs = Mapping[str, Any]
"""The inputs of a schedule resource, as a resource hook receives them."""


def explain(name: str, old: Inputs | None, new: Inputs, now: datetime) -> str | None:
    """Return lines of text about a change of a schedule's times; None when the times do not change.

    `old` is None for a schedule that is new.
    """
    before, after = None if old is None else _words(old), _words(new)
    if before == after:
        return None
    timetable = _timetable(new)
    enabled = new.get("state") != "DISABLED"
    lines = [_NEVER] if timetable is None else cadence.next_ticks(timetable, now, enabled=enabled)
    first = f"{name}: {after}" if before is None else f"{name}: {after}; was: {before}"
    return "\n".join([first, *(f"    {line}" for line in lines)])


def _words(inputs: Inputs) -> str:
    try:
        timetable = _timetable(inputs)
    except (cadence.ExpressionError, cadence.ZoneError):
        timetable = None
    if timetable is not None:
        text = cadence.describe(timetable)
    else:  # somebody may have typed an expression into the console that cadence cannot read
        text = f"{inputs.get('scheduleExpression')} {inputs.get('scheduleExpressionTimezone') or 'UTC'}"
    return f"{text}, disabled" if inputs.get("state") == "DISABLED" else text


def _timetable(inputs: Inputs) -> cadence.Timetable | None:
    window = inputs.get("flexibleTimeWindow") or {}
    return schedules.timetable(
        inputs["scheduleExpression"],
        inputs.get("scheduleExpressionTimezone"),
        start=_instant(inputs.get("startDate")),
        end=_instant(inputs.get("endDate")),
        window=int(window.get("maximumWindowInMinutes") or 0),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
