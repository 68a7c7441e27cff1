"""Lines of text in columns. Pure."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP = "  "


def lines(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line with the titles and one for each row. A column without any text is left out."""
    cells = [[visible(cell) for cell in row] for row in rows]
    used = [place for place in range(len(titles)) if any(row[place] for row in cells)]
    shown = [[row[place] for place in used] for row in chain([titles], cells)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return [_GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]


def fit(shown: Sequence[str], columns: int | None) -> bool:
    """Return whether all lines fit into a terminal of so many columns; None is a pipe, into which all lines fit."""
    return columns is None or max(map(len, shown), default=0) <= columns
