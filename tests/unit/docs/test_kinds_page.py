"""Tests of the page on kinds: it has each kind, and its numbers are those of the program."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter

import kinds
from aws_facts.fargate import FARGATE_SIZES, LONGEST_STOP_TIMEOUT, USUAL_STOP_TIMEOUT
from emulator.ecs import launch_rates
from settings.image import Storage
from supervision import retrying

PAGE = (Path(__file__).parents[3] / "docs" / "kinds.md").read_text(encoding="utf-8")
PROSE = " ".join(PAGE.split())
DISK = TypeAdapter(Storage).json_schema()
STEPS = {name for name, member in vars(kinds.Kind).items() if inspect.isfunction(member) and not name.startswith("_")}


def rows(heading: str) -> list[list[str]]:
    """Return the cells of a section's table, without its first row."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in re.findall(r"^\|.*\|$", part, re.MULTILINE)][2:]


def gib(mib: int) -> str:
    """Return a size of memory as the page has it."""
    return f"{mib / 1024:g} GiB"


def test_has_each_kind() -> None:
    """The first table has a row for each class of the package that takes a job through the steps of a kind."""
    modules = [importlib.import_module(f"kinds.{one.name}") for one in pkgutil.iter_modules(kinds.__path__)]
    assert STEPS
    implementing = {
        member
        for module in modules
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member is not kinds.Kind and all(hasattr(member, step) for step in STEPS)
    }
    assert len(rows("Kinds")) == len(implementing)


def test_tables_are_complete() -> None:
    """No cell of a table is empty, and each row has all columns."""
    for heading, columns in {"Kinds": 6, "Capacity": 6, "Limits": 3}.items():
        for row in rows(heading):
            assert len(row) == columns
            assert all(row)


def test_sources() -> None:
    """Each number in brackets is a source of the list, and each source is used."""
    text, _, listed = PAGE.partition("\n## Sources\n")
    assert set(re.findall(r"\[(\d+)\](?!\()", text)) == set(re.findall(r"^(\d+)\. ", listed, re.MULTILINE))


@pytest.mark.parametrize(
    "words",
    [
        f"{min(FARGATE_SIZES) / 1024:g} vCPU with {gib(min(FARGATE_SIZES[min(FARGATE_SIZES)]))}",
        f"{max(FARGATE_SIZES) // 1024} vCPU with {gib(max(FARGATE_SIZES[max(FARGATE_SIZES)]))}",
        f"{USUAL_STOP_TIMEOUT} seconds; up to {LONGEST_STOP_TIMEOUT} with `stop_timeout`",
        f"{DISK['minimum'] - 1} GiB; up to {DISK['maximum']}",
        "{} at once, then {} per second".format(*launch_rates._TASKS),
        f"up to {['no', 'one', 'two', 'three'][retrying.MOST_SETBACKS]} times for each tick",
    ],
)
def test_numbers(words: str) -> None:
    """The numbers of the page are those that the program knows."""
    assert words in PROSE
