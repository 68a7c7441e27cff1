"""Words that messages for people share. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watch import classes, run_kinds

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


def title(class_: str, kind: str) -> str:
    """Return what happened to a run of a kind. Nobody can stop what a receiver does with a request."""
    if (class_, kind) == (classes.TIMED_OUT, run_kinds.REQUEST):
        return "got no answer in time"
    return classes.BY_NAME[class_].title
