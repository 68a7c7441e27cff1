"""Which ticks a deployed schedule has, and when it is called for each."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aws import schedules
from emulator.scheduler.invocation import iso_text
from emulator.scheduler.schedule_checks import instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.scheduler.models import Schedule


@dataclass
class Due:
    """The ticks of one version of a schedule that are still to come."""

    version: object
    window: int
    """Minutes of the flexible time window; 0 for none."""
    next_tick: datetime | None
    ticks: Iterator[datetime] = field(repr=False)


def next_due(schedule: Schedule, now: datetime) -> Due:
    """Find the ticks of a schedule after `now`: none when it is disabled, or fires at no time."""
    ticks = _ticks(schedule, now) if schedule.state == "ENABLED" else iter(())
    window = schedule.flexible_time_window.get("MaximumWindowInMinutes", 0)
    return Due(version=version(schedule), window=window, next_tick=next(ticks, None), ticks=ticks)


def version(schedule: Schedule) -> tuple[Any, ...]:
    """Return what decides a schedule's ticks; another version begins anew."""
    return (
        schedule.state,
        schedule.schedule_expression,
        schedule.schedule_expression_timezone,
        schedule.start_date,
        schedule.end_date,
        json.dumps(schedule.flexible_time_window),
        schedule.creation_date,
    )


def offset(arn: str, tick: datetime, window: int) -> timedelta:
    """Pick the moment inside a flexible window: any will do for AWS, the same one each time serves tests."""
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
