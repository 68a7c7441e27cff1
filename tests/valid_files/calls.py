"""A call, as a job file writes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """A call as a job file writes it."""

    text: str

    def __repr__(self) -> str:
        return self.text
