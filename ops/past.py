"""Reads from when on an operator wants to see the past: an instant, or a time before now. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cadence.moments import parse_duration, parse_instant
from ops.errors import OpsError

if TYPE_CHECKING:
    from datetime import datetime


def since(written: str, now: datetime) -> datetime:
    """Return the instant that `--since` names; OpsError for a text that names none."""
    try:
        return now - parse_duration(written)
    except (ValueError, OverflowError):
        pass
    try:
        return parse_instant(written)
    except ValueError:
        raise OpsError(
            f"--since '{written}': must be a time before now, such as 36h or 7d, or a date and time, "
            "such as 2027-03-28T03:00 (UTC) or 2027-03-28T03:00+02:00"
        ) from None
