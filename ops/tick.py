"""Reads a tick that an operator typed, and checks it against the schedule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import cadence
from aws_facts.schedules import described_timetable
from ops.errors import WrongArgumentError
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Mapping

_YEARS = range(1970, 2200)
"""The years that cron expressions can have (Scheduler User Guide, "Schedule types")."""
_ACCEPTED = "must be ISO 8601 to the second, with Z or an offset, such as 2026-11-26T02:00:00Z"


def read(written: str) -> datetime:
    """Return an instant in UTC; WrongArgumentError when the text has no offset or is not an instant."""
    try:
        instant = datetime.fromisoformat(written)
        utc = instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongArgumentError(f"--tick '{written}': {_ACCEPTED}") from None
    if instant.tzinfo is None or instant.microsecond or utc.year not in _YEARS:
        raise WrongArgumentError(f"--tick '{written}': {_ACCEPTED}")
    return utc


def not_a_tick(schedule: Mapping[str, Any], tick: datetime) -> str | None:
    """Return a message when `tick` is not a tick of a schedule of GetSchedule; None when it is or cannot be checked."""
    try:
        timetable = described_timetable(schedule)
    except (cadence.ExpressionError, cadence.ZoneError):
        return None
    if timetable is None:
        return f"{schedule['Name']} never runs: no tick is between its start and its end"
    if isinstance(timetable.expression, cadence.Rate) and timetable.start is None:
        return None
    if next(timetable.between(tick, tick), None) is not None:
        return None
    around = [timetable.previous(tick), next(timetable.ticks(tick), None)]
    nearest = ", ".join(instants.text(one) for one in around if one is not None)
    return (
        f"{instants.text(tick)} is not a tick of {schedule['Name']}, which now runs {cadence.describe(timetable)}; "
        f"nearest: {nearest or 'none'}"
    )
