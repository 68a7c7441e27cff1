"""Tests that the JSON Schema for editors agrees with the program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest

import settings
from settings import schema, stack_file
from settings.endpoints import AlertClass, Trouble
from watch import classes

CHECKOUT = Path(__file__).parents[3]
STACKS = sorted(CHECKOUT.glob("Pulumi.*.yaml"))
PLACEMENTS: dict[str, Any] = {"default": {"service": {"cluster": "c", "name": "web"}}}


def accepted_by_schema(config: dict[str, Any]) -> bool:
    """Return whether the schema accepts a config."""
    document = {"config": {f"scheduled-jobs:{key}": value for key, value in config.items()}}
    return bool(jsonschema.Draft202012Validator(schema.schema()).is_valid(document))


def accepted_by_program(config: dict[str, Any]) -> bool:
    """Return whether the program accepts a config."""
    problems = settings.Problems()
    settings.parse(config, problems)
    return not problems


def test_classes_are_those_of_the_watch() -> None:
    """Config may name exactly the classes of alerts that the watch sends."""
    assert get_args(Trouble) == classes.TROUBLES
    assert get_args(AlertClass) == classes.CLASSES


def test_the_file_is_what_the_models_make() -> None:
    """The schema's file matches the models; `make schema` updates it."""
    assert json.loads(schema.FILE.read_text()) == schema.schema()


@pytest.mark.parametrize("file", STACKS, ids=[file.name for file in STACKS])
def test_each_stack_file_names_the_schema_and_keeps_it(file: Path) -> None:
    """Every stack file names the schema, so that editors check it, and is valid."""
    problems = settings.Problems()

    assert file.read_text().startswith("# yaml-language-server: $schema=docs/stack-config.schema.json\n")
    assert accepted_by_schema(stack_file.read(file, problems) or {})


@pytest.mark.parametrize(
    "entry",
    [
        "cron(0 2 * * ? *)",
        "off",
        False,
        {"rate": "15 minutes", "enabled": False},
        {"cron": "0 2 * * ? *", "placement": "default", "cpu": 256, "memory": 512, "environment": {"A": "b"}},
        {
            "placement": "default",
            "weekdays": {"cron": "0 6 ? * MON-FRI *", "window": "10 minutes"},
            "year-end": "at(2027-01-01T00:00:00)",
        },
        {"cron": "0 2 * * ? *", "start": "2027-01-01T00:00:00", "timezone": "Europe/Berlin"},
    ],
    ids=str,
)
def test_both_take_each_form(entry: object) -> None:
    """A config that the program accepts is valid in the schema."""
    config = {"placements": PLACEMENTS, "schedules": {"a": entry}}

    assert (accepted_by_program(config), accepted_by_schema(config)) == (True, True)


@pytest.mark.parametrize(
    "config",
    [
        {"placements": PLACEMENTS},
        {"placements": PLACEMENTS, "schedules": {"a": True}},
        {"placements": PLACEMENTS, "schedules": {"a": "every day"}},
        {"placements": PLACEMENTS, "schedules": {"A": "off"}},
        {"placements": PLACEMENTS, "schedules": {"a": {"cron": "0 2 * * ? *", "enabeld": True}}},
        {"placements": PLACEMENTS, "schedules": {"a": {"cron": "0 2 * * ? *", "rate": "1 day"}}},
        {"placements": PLACEMENTS, "schedules": {"a": {"cron": "0 2 * * ? *", "enabled": "yes"}}},
        {"placements": PLACEMENTS, "schedules": {"a": {"Key": {"cron": "0 2 * * ? *"}}}},
        {"placements": PLACEMENTS, "schedules": {}, "tagz": {}},
        {"placements": {"default": {"cluster": 1}}, "schedules": {}},
        {"placements": PLACEMENTS, "schedules": {}, "alerts": {"email": ["nobody"]}},
    ],
    ids=lambda config: json.dumps(config)[-70:],
)
def test_both_refuse_each_mistake(config: dict[str, Any]) -> None:
    """A config that the program refuses is invalid in the schema."""
    assert (accepted_by_program(config), accepted_by_schema(config)) == (False, False)
