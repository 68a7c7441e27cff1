"""Instants, days and durations as the commands read and store them, all in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from .errors import SettingError


def stamp(moment: datetime) -> str:
    """Return the stored form of an instant, 2026-03-28T02:00:00Z; such texts sort as the instants do."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def parse_tick(text: str | None) -> datetime:
    """Return the instant of JOB_SCHEDULED_TIME (years 1970 to 2199, as schedules have), or now without one."""
    if not text:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        tick = datetime.fromisoformat(text) if text.endswith("Z") else None
    except ValueError:
        tick = None
    if tick is None or not 1970 <= tick.year <= 2199:  # noqa: PLR2004 - explained above
        message = f"JOB_SCHEDULED_TIME: {text!r}: expected a time of UTC, as 2026-03-28T02:00:00Z"
        raise SettingError(message)
    return tick.replace(microsecond=0)


def parse_day(text: str, tick: datetime) -> str:
    """Return the day that yesterday, today or YYYY-MM-DD means at the tick; it must have begun."""
    today = tick.date()
    if text in ("today", "yesterday"):
        return (today - timedelta(days=text == "yesterday")).isoformat()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        message = f"--for: {text!r}: expected yesterday, today or a date as 2026-03-28"
        raise SettingError(message)
    if day > today:
        message = f"--for: {text!r}: that day has not begun at the tick {stamp(tick)}"
        raise SettingError(message)
    return text


def parse_duration(text: str) -> timedelta:
    """Return the duration of 45m, 12h or 30d, at least one and at most 99999 of the unit."""
    if not (match := re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", text)):
        message = f"--older-than: {text!r}: expected a number from 1 to 99999 and m, h or d, as 30d"
        raise SettingError(message)
    return int(match[1]) * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[match[2]]
