"""Tests of the page on what one can rely on: its fields, its numbers and its examples are those of the program."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

import plan
import settings
from settings import Guarantees, Problems
from settings.job import Job
from supervision import calls, progress, retrying
from watch import supervising

PAGE = (Path(__file__).parents[3] / "docs" / "guarantees.md").read_text(encoding="utf-8")
PROSE = " ".join(PAGE.split())
PLACE = {"service": {"cluster": "production", "name": "web"}}


def blocks(language: str) -> list[str]:
    """Return the blocks of code in a language."""
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return found


def jobs() -> list[Job]:
    """Return the jobs of the examples."""
    found = []
    for block in blocks("python"):
        names: dict[str, Job] = {"Job": Job}  # type: ignore[dict-item]
        exec(block, names)  # noqa: S102 - the page is ours
        found.append(names["JOB"])
    return found


def test_promises_each_field() -> None:
    """The first table has each field that a job can ask for, and no other."""
    table = PAGE.partition("| promise | field |")[2].partition("\n\n")[0]
    listed = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[2])}
    assert listed == {field.name for field in fields(Guarantees)} | {"done_by"}


def test_examples_are_sound_and_supervised() -> None:
    """The jobs and the stack file of the page make a plan without a mistake, in which each job is supervised."""
    problems = Problems()
    [stack] = map(yaml.safe_load, blocks("yaml"))
    config = {"placements": {"default": PLACE}, "schedules": stack["scheduled-jobs:schedules"]}
    planned = plan.build(settings.parse(config, problems), jobs(), problems)
    assert [str(problem) for problem in problems] == []
    assert {one.job.name for one in planned if one.asks} == set(config["schedules"])


@pytest.mark.parametrize(
    "words",
    [
        f"repeats an unanswered call for {progress.LAST_MOMENT // 60} minutes at most",
        f"asks again every {progress.ASK_SERVICE_AGAIN} seconds",
        f"repeats that every {['', 'one', 'two', 'three', 'four', 'five'][calls.STOP_AGAIN // 60]} minutes",
        f"up to {['no', 'one', 'two', 'three'][retrying.MOST_SETBACKS]} launches of a tick are repeated for them",
        f"comes more than {['', 'one', 'two'][supervising.LATE_AFTER // 60]} minutes after its window",
    ],
)
def test_numbers(words: str) -> None:
    """The numbers of the page are those of the supervisor."""
    assert words in PROSE
