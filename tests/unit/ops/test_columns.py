"""Tests of lines of text in columns."""

from __future__ import annotations

import pytest

from ops import columns


def test_columns_are_as_wide_as_their_longest_text() -> None:
    """Titles count too, and no line ends with spaces."""
    rows = [["a", "longer", ""], ["bcde", "x", "z"]]
    assert columns.lines(["NAME", "WHAT", "N"], rows) == [
        "NAME  WHAT    N",
        "a     longer",
        "bcde  x       z",
    ]


def test_a_column_without_text_is_left_out() -> None:
    """Its title is left out too."""
    assert columns.lines(["A", "B", "C"], [["1", "", "2"], ["3", "", ""]]) == ["A  C", "1  2", "3"]


def test_text_is_made_visible() -> None:
    """No cell changes the terminal or the lines."""
    assert columns.lines(["A", "B"], [["x\n\x1b[2J", "y"]]) == ["A           B", r"x\n\x1b[2J  y"]


@pytest.mark.parametrize("terminal", [None, 7])
def test_a_table_that_fits_has_a_line_for_each_row(terminal: int | None) -> None:
    """A pipe has no limit."""
    assert table(terminal) == ["A  LAST", "1  2", "3"]


def test_a_table_that_does_not_fit_has_two() -> None:
    """The second line of a row is left out when there is nothing on it."""
    assert table(6) == ["A", "1", r"    and 2\n", "3"]


def table(terminal: int | None) -> list[str]:
    """Return a table with two columns, of which the second may be on a second line."""
    rows = [["1", "2"], ["3", ""]]
    return columns.table(
        ["A", "LAST"], rows, terminal, narrow=[0], rest=lambda row: f"and {row[1]}\n" if row[1] else ""
    )
