"""Lines of text in columns."""

from __future__ import annotations

import shutil
import sys
from itertools import chain
from typing import TYPE_CHECKING

from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_GAP, _INDENT = "  ", "    "


def of_terminal() -> int | None:
    """Return the columns of the terminal that shows the standard output; None for a pipe, which has no limit."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def table(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    terminal: int | None,
    *,
    narrow: Sequence[int],
    rest: Callable[[Sequence[str]], str],
) -> list[str]:
    """Return the lines of a table. If they do not fit into the terminal, a row has two lines.

    The first line then has the columns `narrow`, and the second one what `rest` returns of the row.
    """
    whole = lines(titles, rows)
    if terminal is None or max(map(len, whole)) <= terminal:
        return whole
    head, *first = lines([titles[place] for place in narrow], [[row[place] for place in narrow] for row in rows])
    second = [_INDENT + visible(rest(row)) for row in rows]
    return [head, *(line for pair in zip(first, second, strict=True) for line in pair if line.strip())]


def lines(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line with the titles and one for each row. A column without any text is left out."""
    cells = [[visible(cell) for cell in row] for row in rows]
    used = [place for place in range(len(titles)) if any(row[place] for row in cells)]
    shown = [[row[place] for place in used] for row in chain([titles], cells)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return [_GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]
