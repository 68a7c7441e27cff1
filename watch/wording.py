"""Words that messages for people share. Pure."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a number of things in words, such as `1 tick` or `2 ticks`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
