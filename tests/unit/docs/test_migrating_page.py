"""Tests of the page on migrations: the commands that it shows exist, with their options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from ops import cli

PAGE = (Path(__file__).parents[3] / "docs" / "migrating.md").read_text(encoding="utf-8")
LINES = [line.strip() for line in re.findall(r"^(?: {4}|       )(\S.*)$", PAGE, re.MULTILINE)]
OURS = sorted({line.removeprefix("python -m ops ") for line in LINES if line.startswith("python -m ops ")})
AWS = sorted({line.removeprefix("aws ") for line in LINES if line.startswith("aws ")})
SOURCES = {"crontab", "ecschedule", "eventbridge", "kubernetes", "scheduler"}
CLIENT_SIDE = {"cli-input-json"}
"""Options of every command of the AWS CLI."""


@pytest.mark.parametrize("line", OURS)
def test_commands_of_this_program(line: str) -> None:
    """Each can be typed as it stands: the command has its arguments and options."""
    name, *arguments = shlex.split(line)
    command: Any = cli._imported(name)
    context = command.make_context(name, arguments)
    assert context.params


def test_all_sources_are_shown() -> None:
    """Each source has an example, a row of the table and a way to switch it off."""
    assert {line.split()[1] for line in OURS if line.startswith("adopt ")} == SOURCES
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == SOURCES
    assert len(re.findall(r"^### ", PAGE.partition("## Switch off and on there")[2], re.MULTILINE)) == len(SOURCES)


@pytest.mark.parametrize("line", AWS)
def test_calls_to_aws(line: str) -> None:
    """AWS has each operation, with these members."""
    service, name, *_ = line.split()
    model = botocore.session.get_session().get_service_model(service)
    names = {xform_name(one, "-"): one for one in model.operation_names}
    shape = model.operation_model(names[name]).input_shape
    assert shape is not None
    given = set(re.findall(r"--([a-z-]+)", line))
    assert given - CLIENT_SIDE <= {xform_name(member, "-") for member in shape.members}
    assert given & CLIENT_SIDE or {xform_name(member, "-") for member in shape.required_members} <= given


def test_a_schedule_can_be_sent_back() -> None:
    """What is left of GetSchedule's answer is what UpdateSchedule takes."""
    model = botocore.session.get_session().get_service_model("scheduler")
    answer, request = (
        model.operation_model("GetSchedule").output_shape,
        model.operation_model("UpdateSchedule").input_shape,
    )
    assert answer is not None
    assert request is not None
    (removed,) = re.findall(r"del\(([^)]*)\)", PAGE)
    left = set(answer.members) - {part.strip().lstrip(".") for part in removed.split(",")}
    assert left == set(request.members) - {"ClientToken"}


def test_links_lead_somewhere() -> None:
    """Those within the page lead to its headings, and the others to files."""
    anchors = {
        re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors
    files = {link.partition("#")[0] for link in re.findall(r"\]\(([a-z][^)]*)\)", PAGE)}
    assert all((Path(__file__).parents[3] / "docs" / file).exists() for file in files)
