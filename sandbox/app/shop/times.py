"""Instants, days and durations as the commands read and store them, all in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from .errors import SettingError


def stamp(moment: datetime) -> str:
    """Return the stored form of an instant, 2026-03-28T02:00:00Z. These texts sort in the order of the instants."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def parse_tick(text: str | None) -> datetime:
    """Return the instant of JOB_SCHEDULED_TIME, or now without it. Its year must be 1970 to 2199, as in schedules."""
    if not text:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        tick = datetime.fromisoformat(text) if text.endswith("Z") else None
    except ValueError:
        tick = None
    if tick is None or not 1970 <= tick.year <= 2199:  # noqa: PLR2004 - explained above
        raise SettingError(f"JOB_SCHEDULED_TIME: {text!r}: must be a time in UTC, such as 2026-03-28T02:00:00Z")
    return tick.replace(microsecond=0)


def parse_day(text: str, tick: datetime) -> str:
    """Return the date of yesterday, today or YYYY-MM-DD at the tick. The day must have begun."""
    today = tick.date()
    if text in ("today", "yesterday"):
        return (today - timedelta(days=text == "yesterday")).isoformat()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise SettingError(f"--for: {text!r}: must be yesterday, today or a date such as 2026-03-28")
    if day > today:
        raise SettingError(f"--for: {text!r}: the day has not begun at the tick {stamp(tick)}")
    return text


def parse_duration(text: str) -> timedelta:
    """Return the duration of 45m, 12h or 30d. The number must be from 1 to 99999."""
    if not (match := re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", text)):
        raise SettingError(f"--older-than: {text!r}: must be a number from 1 to 99999 with m, h or d, such as 30d")
    return int(match[1]) * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[match[2]]
