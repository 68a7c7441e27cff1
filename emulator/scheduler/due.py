"""The ticks of a deployed schedule, and the time of the call for each tick."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aws_facts import schedules
from emulator.scheduler.invocation import iso_text
from emulator.scheduler.schedule_checks import instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.scheduler.models import Schedule


@dataclass
class Due:
    """The future ticks of one version of a schedule."""

    version: object
    window: int
    """The minutes of the flexible time window; 0 for no window."""
    next_tick: datetime | None
    ticks: Iterator[datetime] = field(repr=False)


def next_due(schedule: Schedule, now: datetime) -> Due:
    """Return the ticks of a schedule after `now`; there are none when it is disabled or never fires."""
    ticks = _ticks(schedule, now) if schedule.state == "ENABLED" else iter(())
    window = schedule.flexible_time_window.get("MaximumWindowInMinutes", 0)
    return Due(version=version(schedule), window=window, next_tick=next(ticks, None), ticks=ticks)


def version(schedule: Schedule) -> tuple[Any, ...]:
    """Return the properties that determine a schedule's ticks; a new version starts with new ticks."""
    return (
        schedule.state,
        schedule.schedule_expression,
        schedule.schedule_expression_timezone,
        schedule.start_date,
        schedule.end_date,
        tuple(sorted(schedule.flexible_time_window.items())),
        schedule.creation_date,
    )


def offset(arn: str, tick: datetime, window: int) -> timedelta:
    """Return the delay inside a flexible window; AWS may use any, and a fixed one keeps tests repeatable."""
    if window == 0:
        return timedelta()
    digest = hashlib.sha256(f"{arn}/{iso_text(tick)}".encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:4]) % (window * 60))


def _ticks(schedule: Schedule, now: datetime) -> Iterator[datetime]:
    timetable = schedules.timetable(
        schedule.schedule_expression,
        schedule.schedule_expression_timezone,
        start=instant(schedule.start_date),
        end=instant(schedule.end_date),
    )
    if timetable is None:
        return iter(())
    return timetable.ticks(now, anchor=datetime.fromtimestamp(schedule.last_modified_date, UTC))
