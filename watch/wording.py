"""Words that messages for people share. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED = 5
"""Names that a sentence lists. It counts the others."""


def counted(count: int, noun: str) -> str:
    """Return a number of things in words, such as `1 tick` or `2 ticks`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def few(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
