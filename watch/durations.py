"""Lengths of time as config writes them, such as `1h30m`. Pure."""

from __future__ import annotations

import re
from datetime import timedelta

PATTERN = r"^([0-9]{1,4}h([0-9]{1,4}m)?([0-9]{1,4}s)?|[0-9]{1,4}m([0-9]{1,4}s)?|[0-9]{1,4}s)$"
"""Hours, minutes and seconds, of which each may be absent but not all."""

_PART = re.compile(r"(\d+)([hms])")
_UNITS = {"h": "hours", "m": "minutes", "s": "seconds"}


def read(text: str) -> timedelta | None:
    """Return the length that a text says; None for another text."""
    if re.fullmatch(PATTERN, text) is None:
        return None
    return timedelta(**{_UNITS[unit]: int(count) for count, unit in _PART.findall(text)})


def seconds(text: str) -> int:
    """Return the seconds of a text that is a length; ValueError for another text."""
    length = read(text)
    if length is None:
        raise ValueError(f"'{text}' is no length of time")
    return int(length.total_seconds())


def text(seconds: int) -> str:
    """Return the shortest text that `read` takes for a positive number of seconds."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return "".join(f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if count)
