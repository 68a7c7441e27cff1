"""Patterns of texts, each with the words in which a message explains it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

_WORDS: dict[str, str] = {}


def matching(pattern: str, words: str, **limits: Any) -> Any:  # noqa: ANN401 - as pydantic's Field
    """Return pydantic's constraint for a text; `words` say after "must be" what matches, with an example."""
    _WORDS[pattern] = words
    return Field(strict=True, pattern=pattern, **limits)


def in_words(pattern: str) -> str:
    """Return what a message says of a text that does not match."""
    return f"must be {_WORDS[pattern]}" if pattern in _WORDS else f"must match {pattern}"
