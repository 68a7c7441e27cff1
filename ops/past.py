"""Reads the instants by which an operator names a part of the past: an instant, or a time before now. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from cadence.moments import parse_duration, parse_instant
from ops.errors import WrongArgumentError

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Before every tick. Earlier instants cannot be shown in all time zones."""


def since(written: str, now: datetime) -> datetime:
    """Return the instant that `--since` names, not before 2000; WrongArgumentError for a text that names none."""
    return instant("--since", written, now)


def instant(option: str, written: str, now: datetime) -> datetime:
    """Return the instant that an option names, not before 2000; WrongArgumentError for a text that names none."""
    try:
        return max(now - parse_duration(written), _LONG_AGO)
    except (ValueError, OverflowError):
        pass
    try:
        return max(parse_instant(written), _LONG_AGO)
    except ValueError:
        raise WrongArgumentError(
            f"{option} '{written}': must be a time before now, such as 36h or 7d, or a date and time, "
            "such as 2027-03-28T03:00 (UTC) or 2027-03-28T03:00+02:00"
        ) from None
