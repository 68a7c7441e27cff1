"""Tells how far a backfill is: a line for each start and each end, and on a terminal one that shows what goes on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from watch.untrusted import visible

if TYPE_CHECKING:
    from typing import TextIO

_CLEAR = "\r\033[K"


class Progress:
    """The lines of one command."""

    def __init__(self, *, quiet: bool) -> None:
        """Write to standard output, or to standard error if only JSON may be there."""
        self._out: TextIO = sys.stderr if quiet else sys.stdout
        self._status = ""

    def line(self, text: str) -> None:
        """Write a line."""
        self.status("")
        self._out.write(f"{visible(text)}\n")
        self._out.flush()

    def status(self, text: str) -> None:
        """Show what goes on, in place of what was shown before; nothing in a pipe."""
        if text != self._status and sys.stderr.isatty():
            sys.stderr.write(f"{_CLEAR}{visible(text)}")
            sys.stderr.flush()
            self._status = text
