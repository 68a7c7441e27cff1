"""A file of an archive."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """The content of a file, and whether it is a program."""

    content: bytes
    executable: bool = False
