"""Instants in the form that Scheduler and the ledger use. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_EARLY = timedelta(seconds=5)
"""A cron inside a process may fire a moment before its minute."""

UTC = timezone.utc  # noqa: UP017 - services may have Python 3.10


def text(instant: datetime | float) -> str:
    """Return an instant, or seconds since 1970, as `2026-11-26T02:00:00Z`; ValueError for a time without a zone."""
    if not isinstance(instant, datetime):
        instant = datetime.fromtimestamp(instant, UTC)
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone; use an instant such as datetime.now(timezone.utc)")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(written: str) -> datetime:
    """Return the instant of a text that `text` wrote; ValueError for any other text."""
    if not _TEXT.fullmatch(written):
        raise ValueError(f"{written!r} is not an instant such as 2026-11-26T02:00:00Z")
    try:
        return datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"{written!r} is not an instant such as 2026-11-26T02:00:00Z") from None


def this_minute(now: datetime | None = None) -> datetime:
    """Return the minute that has begun, or that begins within five seconds: the tick of a cron that has just fired."""
    exact = (now or datetime.now(UTC)).astimezone(UTC) + _EARLY
    return exact.replace(second=0, microsecond=0)
