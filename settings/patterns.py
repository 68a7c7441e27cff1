"""Patterns for text, each with the words that explain it in a message."""

from __future__ import annotations

from typing import Any

from pydantic import Field

HALF = "contains half of a surrogate pair, which is no character"
"""The message for text that cannot be encoded."""

RESERVED = "reserved"
"""The type of pydantic's error about a name that the program uses itself."""

_EXAMPLE = "such as "
_WORDS: dict[str, str] = {}


def matching(pattern: str, words: str, **limits: Any) -> Any:  # noqa: ANN401 - as pydantic's Field
    """Return pydantic's constraint for text; `words` follow "must be" in the message and end with an example."""
    assert _WORDS.setdefault(pattern, words) == words, pattern  # noqa: S101 - a pattern has one meaning
    return Field(strict=True, pattern=pattern, **limits)


def example(pattern: str) -> str | None:
    """Return the example at the end of a pattern's words, or None."""
    _, found, last = _WORDS.get(pattern, "").rpartition(_EXAMPLE)
    return last if found else None


def in_words(pattern: str) -> str:
    """Return the message for text that does not match the pattern."""
    return f"must be {_WORDS[pattern]}" if pattern in _WORDS else f"must match {pattern}"
