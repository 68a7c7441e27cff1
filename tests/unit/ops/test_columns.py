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


@pytest.mark.parametrize(("terminal", "fits"), [(None, True), (4, True), (3, False)])
def test_what_fits(terminal: int | None, *, fits: bool) -> None:
    """The longest line decides; a pipe has no limit."""
    assert columns.fit(["ab", "abcd"], terminal) == fits
    assert columns.fit([], terminal)
