"""Lengths of time that a service sets. Pure."""

from __future__ import annotations

_DAY = 24 * 3600


def seconds(parameter: str, value: object, *, least: float) -> float:
    """Return a number of seconds, up to a day; ValueError, with the value, for another one."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= _DAY:
        raise ValueError(f"{parameter}: {value!r}; must be a number of seconds from {least:g} to {_DAY}")
    return float(value)
