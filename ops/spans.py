"""Reads a time span that an operator typed. Pure."""

from __future__ import annotations

from datetime import timedelta

from cadence.moments import parse_duration
from ops.errors import OpsError


def read(option: str, written: str, *, most_days: int) -> timedelta:
    """Return a span; OpsError, with the option's name, for a text that is none, or is out of range."""
    try:
        span = parse_duration(written)
    except ValueError as error:
        raise OpsError(f"{option} {error}") from None
    if not timedelta() < span <= timedelta(days=most_days):
        raise OpsError(f"{option} '{written}': must be more than 0 and at most {most_days}d")
    return span
