"""Asks an operator on the terminal. Questions are on standard error, so that standard output has results only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def terminal() -> bool:
    """Return whether somebody can be asked."""
    return sys.stdin.isatty()


def confirmed(shown: Sequence[str], question: str) -> bool:
    """Show the lines and the question, and return whether the operator says yes."""
    sys.stderr.write("\n".join([*shown, f"{question} [y/N] "]))
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:  # Ctrl-D does not end the line
        sys.stderr.write("\n")
    return answer.strip().lower() in {"y", "yes"}
