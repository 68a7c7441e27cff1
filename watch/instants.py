"""Instants and durations in the form that the ledger and alerts use."""

from __future__ import annotations

from datetime import UTC, datetime

from watch.wording import counted

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""An instant before every tick."""


def text(instant: datetime) -> str:
    """Return an instant in the form that Scheduler uses for a tick: `2026-11-26T02:00:00Z`."""
    return instant.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def text_or_none(instant: datetime | None) -> str | None:
    """Return an instant as `text` does; None for None."""
    return None if instant is None else text(instant)


def read_or_none(written: str) -> datetime | None:
    """Return an instant; None for a text that is not an instant, such as a placeholder that was not replaced."""
    try:
        return read(written)
    except (ValueError, OverflowError):
        return None


def read(written: str) -> datetime:
    """Return the instant of a text that `text` wrote, or of any other ISO 8601 text with an offset."""
    return datetime.fromisoformat(written).astimezone(UTC)


def length(seconds: int) -> str:
    """Return a number of seconds in words, such as `4 minutes 28 seconds`. From an hour on, seconds are left out."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "hour"), (minutes, "minute"), (0 if hours else rest, "second")]
    return " ".join(counted(count, unit) for count, unit in parts if count) or "0 seconds"
