"""Durations and instants as they are typed on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

FARTHEST = timedelta(days=400)
"""How far one `advance` goes: more than a year of yearly jobs; each moment of it is gone through."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d+)\s*([smhdw])", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Read `90m`, `24h`, `1d12h`; ValueError otherwise."""
    found = _DURATION.findall(text)
    if not found or _DURATION.sub("", text).strip():
        raise ValueError(f"'{text}' is no duration; accepted: a number with s, m, h, d or w, such as 90m, 24h, 1d12h")
    try:
        return sum((timedelta(**{_UNITS[unit]: int(n)}) for n, unit in found), timedelta())
    except OverflowError:
        raise ValueError(f"'{text}' is too long") from None


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 date and time, in UTC unless it has an offset; ValueError otherwise."""
    try:
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"'{text}' is no date and time; accepted: 2027-03-28T03:00, in UTC, or with an offset such as +02:00"
        ) from None
