"""Tests of the examples that stand beside what they replace: the numbers on their pages are those of their files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
COMMENTS = ("#", "//")


def lines(path: Path) -> int:
    """Count the lines that are neither empty nor a comment."""
    written = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return sum(bool(line) and not line.startswith(COMMENTS) for line in written)


def rows(folder: str) -> list[tuple[str, str, str, str]]:
    """Return the rows of an example's first table: what stood before, its lines, what is here, and its lines."""
    page = (EXAMPLES / folder / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^\| what [^|]+ \| ([^|]*) \| (\d*) \| ([^|]*) \| (\d*) ?\|$", page, re.MULTILINE)


@pytest.mark.parametrize("folder", ["fleet", "node_cron"])
def test_counts_lines(folder: str) -> None:
    """A number is the sum of the lines of the files that are linked beside it. A folder beside them is only copied."""
    found = rows(folder)
    assert found
    for before, counted, here, ours in found:
        for cell, number in ((before, counted), (here, ours)):
            linked = [EXAMPLES / folder / link for link in re.findall(r"\]\(([^)]+)\)", cell)]
            files = [path for path in linked if path.is_file()]
            assert number == (str(sum(map(lines, files))) if files else "")


def test_counts_resources() -> None:
    """The resources before are those that the Terraform declares. A test of the engine counts ours."""
    page = (EXAMPLES / "fleet" / "README.md").read_text(encoding="utf-8")
    declared = (EXAMPLES / "fleet" / "before" / "main.tf").read_text(encoding="utf-8")
    [number] = re.findall(r"^\| resources in AWS \| (\d+) \|", page, re.MULTILINE)
    assert number == str(len(re.findall(r"^resource ", declared, re.MULTILINE)))
