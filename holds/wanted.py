"""What config wants of a schedule, which the schedule's description in Scheduler begins with. Pure.

A hold disables a schedule without asking config, so the schedule itself must tell to what state it returns.
"""

from __future__ import annotations

ENABLED, DISABLED = "ENABLED", "DISABLED"
"""The states of a schedule (Scheduler API reference, UpdateSchedule, State)."""
_MARK = "wanted="


def state(*, enabled: bool) -> str:
    """Return the state of a schedule as Scheduler writes it."""
    return ENABLED if enabled else DISABLED


def marked(description: str, *, enabled: bool) -> str:
    """Return a description that begins with the state in config."""
    return f"{_MARK}{state(enabled=enabled)} {description}"


def read(description: str) -> bool | None:
    """Return whether config wants a schedule of this description enabled; None when the description does not say."""
    first = description.partition(" ")[0]
    return {f"{_MARK}{ENABLED}": True, f"{_MARK}{DISABLED}": False}.get(first)
