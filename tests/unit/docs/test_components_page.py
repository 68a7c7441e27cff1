"""Tests of the page on the components: its list of arguments is that of the classes."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import components

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[3] / "docs" / "components.md"


def rows() -> Iterator[tuple[str, str]]:
    """Yield the class and the cell of arguments of each row of the list."""
    part = PAGE.read_text(encoding="utf-8").partition("\n## Arguments\n")[2].partition("\n## ")[0]
    name = ""
    for first, arguments in re.findall(r"^\|([^|]*)\|([^|]*)\|", part, re.MULTILINE):
        name = first.strip(" `") or name
        if "`" in arguments:
            yield name, arguments


LISTED = {name: " ".join(cell for _, cell in cells) for name, cells in groupby(rows(), key=lambda row: row[0])}


def test_lists_the_classes() -> None:
    """Each class of arguments is on the page."""
    assert set(LISTED) == {name for name in components.__all__ if name.endswith("Args")} | {"Endpoint"}


@pytest.mark.parametrize("name", LISTED)
def test_lists_arguments_that_exist(name: str) -> None:
    """Each argument on the page exists, and the bold ones are those that are required."""
    known = fields(getattr(components, name))
    required = {one.name for one in known if one.default is MISSING and one.default_factory is MISSING}
    assert set(re.findall(r"\*\*`(\w+)`\*\*", LISTED[name])) == required
    assert set(re.findall(r"`(\w+)`", LISTED[name])) <= {one.name for one in known}
