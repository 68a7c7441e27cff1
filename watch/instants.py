"""Instants as the ledger and alerts write them."""

from __future__ import annotations

from datetime import UTC, datetime

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Before everything."""


def text(instant: datetime) -> str:
    """Write an instant as Scheduler writes a tick: `2026-11-26T02:00:00Z`."""
    return instant.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def text_or_none(instant: datetime | None) -> str | None:
    """Write an instant, or none."""
    return None if instant is None else text(instant)


def read_or_none(written: str) -> datetime | None:
    """Read an instant; None for what is none, such as a placeholder that nobody has replaced."""
    try:
        return read(written)
    except (ValueError, OverflowError):
        return None


def read(written: str) -> datetime:
    """Read what `text` wrote, or any other ISO 8601 with an offset."""
    return datetime.fromisoformat(written).astimezone(UTC)
