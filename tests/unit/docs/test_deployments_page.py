"""Tests of the page on deployments: its stack files and its calls to AWS are valid."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore import xform_name

import settings
from ops.looking.listing import NONE, Row
from settings import NAMESPACE, Problems

PAGE = (Path(__file__).parents[3] / "docs" / "deployments.md").read_text(encoding="utf-8")
BLOCKS: list[Any] = [
    yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
]
STEPS = "\n".join(step["run"] for block in BLOCKS if isinstance(block, list) for step in block).replace("\\\n", " ")
CALLS = sorted(set(re.findall(r"aws ecs ((?!wait)[a-z-]+)([^|\n]*)", STEPS)))
EVERYWHERE = {"query", "output"}
"""Options of every command of the AWS CLI."""


def test_stack_files() -> None:
    """The parts of a stack file are read without a mistake."""
    problems = Problems()
    config: dict[str, Any] = {}
    for block in BLOCKS:
        if isinstance(block, dict):
            config |= {key.removeprefix(f"{NAMESPACE}:"): value for key, value in block.items()}
    settings.parse(config, problems)
    assert config.keys() == {"placements", "schedules"}
    assert [str(problem) for problem in problems] == []


@pytest.mark.parametrize(("command", "options"), CALLS)
def test_calls_to_ecs(command: str, options: str) -> None:
    """ECS has each operation that a pipeline calls, with these members."""
    model = botocore.session.get_session().get_service_model("ecs")
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[command]).input_shape
    assert shape is not None
    given = set(re.findall(r"--([a-z-]+)", options)) - EVERYWHERE
    assert given <= {xform_name(member, "-") for member in shape.members}
    assert {xform_name(member, "-") for member in shape.required_members} <= given


def test_fields_of_the_list() -> None:
    """The pipelines read fields of `list --json` that it has."""
    row = Row(
        name="report",
        job="report",
        owner="data",
        state="off",
        enabled=False,
        words="at 01:00 every day",
        timezone="UTC",
        as_deployed=True,
        next=None,
        tick=None,
        outcome=NONE,
        failures=0,
        runs=(),
    )
    assert {"running", "waiting"} <= set(re.findall(r"\.(\w+) (?:==|!=)", STEPS)) <= row.to_plain().keys()
