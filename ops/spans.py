"""Reads a time span that an operator typed. Pure."""

from __future__ import annotations

from datetime import timedelta

from cadence.moments import parse_duration
from ops.errors import WrongArgumentError


def read(option: str, written: str, *, most_days: int) -> timedelta:
    """Return a span; WrongArgumentError, with the option's name, for a text that is none, or is out of range."""
    try:
        span = parse_duration(written)
    except ValueError as error:
        raise WrongArgumentError(f"{option} {error}") from None
    if not timedelta() < span <= timedelta(days=most_days):
        raise WrongArgumentError(f"{option} '{written}': must be more than 0 and at most {most_days}d")
    return span
