"""Parse durations and instants that a user types on the command line. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d+)\s*([smhdw])", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Return the duration of `90m`, `24h` or `1d12h`. ValueError for other text."""
    found = _DURATION.findall(text)
    if not found or _DURATION.sub("", text).strip():
        raise ValueError(
            f"'{text}' is not a duration; must be numbers with the unit s, m, h, d or w, such as 90m, 24h or 1d12h"
        )
    try:
        return sum((timedelta(**{_UNITS[unit]: int(n)}) for n, unit in found), timedelta())
    except OverflowError:
        raise ValueError(f"'{text}' is too long") from None


def parse_instant(text: str) -> datetime:
    """Return the instant of an ISO 8601 date and time, in UTC unless it has an offset. ValueError for other text."""
    try:
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"'{text}' is not a date and time; must be like 2027-03-28T03:00 (UTC) or 2027-03-28T03:00+02:00"
        ) from None
