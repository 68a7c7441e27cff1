"""The files that the engine's test draws are valid, say what they are drawn to say, and use every key and every field.

`tests/engine/test_valid_files.py` deploys a few of them.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

import plan
import settings
from plan import job_files
from settings import Job, Problems, schema, stack_file
from tests.valid_files.files import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = 100
SCHEMA = schema.schema()
PREFIX = "scheduled-jobs:"


@pytest.mark.parametrize("seed", range(FILES))
def test_check_accepts(tmp_path: Path, seed: int) -> None:
    """A drawn file has no mistake to the program and to an editor, and plans the schedules that it was drawn for."""
    drawn = files(seed)
    for module, text in drawn.jobs.items():
        (tmp_path / f"{module}.py").write_text(text, encoding="utf-8")
    file = tmp_path / "Pulumi.test.yaml"
    file.write_text(drawn.stack, encoding="utf-8")
    problems = Problems()
    values = stack_file.read(file, problems)
    assert values is not None
    planned = plan.build(settings.parse(values, problems), job_files.load(problems, tmp_path), problems)
    assert [str(problem) for problem in problems] == []
    names = {
        (job.job.name, schedule.key): str(schedule.timetable.expression)
        for job in planned
        for schedule in job.schedules
    }
    assert {".".join(filter(None, name)): text for name, text in names.items()} == {
        name: asked.times.expression for name, asked in drawn.schedules.items()
    }
    assert {job.job.name: bool(job.asks) for job in planned if job.asks} == {
        name.partition(".")[0]: True for name, asked in drawn.schedules.items() if asked.supervised
    }
    jsonschema.Draft202012Validator(SCHEMA).validate({"config": drawn.config})


def test_every_key_of_a_stack_file_is_drawn() -> None:
    """Together the files use every key that a stack file can have."""
    used = {key for seed in range(FILES) for key in keys_of(SCHEMA, {"config": files(seed).config})}
    known = {(name, key) for name, part in SCHEMA["$defs"].items() for key in part.get("properties", ())}
    assert known - used == set()


def test_every_field_of_a_job_is_drawn() -> None:
    """Together the files use every field that a job can have."""
    texts = [text for seed in range(FILES) for text in files(seed).jobs.values()]
    unused = {field.name for field in dataclasses.fields(Job) if not any(f"{field.name}=" in text for text in texts)}
    assert unused == set()


def keys_of(place: Any, value: object, owner: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON Schema
    """Yield the keys of a value, each with the name of the definition that it is a key of."""
    if "$ref" in place:
        owner = place["$ref"].rpartition("/")[2]
        place = SCHEMA["$defs"][owner]
    for other in (*place.get("anyOf", ()), *place.get("oneOf", ())):
        if jsonschema.Draft202012Validator({**other, "$defs": SCHEMA["$defs"]}).is_valid(value):
            yield from keys_of(other, value, owner)
    if isinstance(value, list):
        for item in value:
            yield from keys_of(place.get("items", {}), item)
    if isinstance(value, dict):
        patterns = place.get("patternProperties", {})
        for key, part in value.items():
            yield owner, key
            below = [shape for pattern, shape in patterns.items() if re.search(pattern, key)]
            yield from keys_of(
                place.get("properties", {}).get(key) or next(iter(below), place.get("additionalProperties") or {}), part
            )
