"""Tests of config from the engine, which sends text and marks secret keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import pulumi
import pytest

import settings
from settings import Problems, engine, regions

if TYPE_CHECKING:
    from pathlib import Path

IN_CLEAR = (
    "contains a secret, but this value is stored and shown in clear; put secrets into the task definition's "
    "'secrets' (Secrets Manager or SSM), where only the container reads them"
)


Read = Callable[..., tuple[dict[str, object], Problems]]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    """Return a function that reads a config from the engine, in which some keys are secret."""

    def read(config: dict[str, str], secret: Sequence[str] = ()) -> tuple[dict[str, object], Problems]:
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps(config))
        pulumi.runtime.set_all_config(config, list(secret))
        problems = Problems()
        return engine.read(problems), problems

    yield read
    pulumi.runtime.set_all_config({}, [])


def test_reads_json_and_text(read: Read) -> None:
    """Mappings and lists are read as JSON; text that is not JSON, or is nested too deep, stays text."""
    found, problems = read(
        {
            "scheduled-jobs:schedules": '{"a": "off"}',
            "scheduled-jobs:tags": "[1]",
            "scheduled-jobs:iam": "{not json",
            "scheduled-jobs:alerts": "[" * 100_000,
            "scheduled-jobs:defaults": "5",
            "aws:region": "eu-central-1",
        }
    )
    assert found == {
        "schedules": {"a": "off"},
        "tags": [1],
        "iam": "{not json",
        "alerts": "[" * 100_000,
        "defaults": "5",
    }
    assert not len(problems)


def test_names_a_slip_in_the_namespace(read: Read) -> None:
    """A misspelled namespace is a problem, since its values would be ignored silently."""
    _, problems = read({"schedule-jobs:iam": "{}", "aws:region": "eu-central-1"})
    assert [str(p) for p in problems] == ["schedule-jobs:iam: no such namespace; did you mean 'scheduled-jobs:iam'?"]


def test_remembers_what_was_typed(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number is shown as in the stack file, unless the engine has it from elsewhere."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"Pulumi.{pulumi.get_stack()}.yaml").write_text("config: {tags: {a: 0777, b: 0777, c: 0o10}}\n")
    found, problems = read({"scheduled-jobs:tags": '{"a": 511, "b": 5, "c": 8}'})
    settings.parse(found, problems)
    lines = [str(problem) for problem in problems if problem.where.startswith("scheduled-jobs:tags")]
    assert lines == [
        f'scheduled-jobs:tags.{key}: {typed}: must be text; quote it: "{typed}"'
        for key, typed in (("a", "0777"), ("b", "5"), ("c", "0o10"))
    ]


def test_refuses_a_wrong_region(read: Read) -> None:
    """A region that AWS does not have is a problem, without its value when that is secret."""
    _, problems = read({"aws:region": "eu-centrall-1"})
    assert [str(p) for p in problems] == [f"aws:region: 'eu-centrall-1': {regions.doubt('eu-centrall-1')}"]
    _, problems = read({"aws:region": "hunter2"}, secret=["aws:region"])
    assert [str(p) for p in problems] == ["aws:region: [secret]: is not valid"]


def test_refuses_secrets_in_clear(read: Read) -> None:
    """A secret is a problem, shown without its value, in every key except alerts, whose endpoints may be secret."""
    config = {key: json.dumps({"a": "hunter2"}) for key in ("scheduled-jobs:tags", "scheduled-jobs:alerts")}
    found, problems = read(config, secret=list(config))
    assert [str(problem) for problem in problems] == [f"scheduled-jobs:tags: {IN_CLEAR}"]
    assert found == {"tags": {"a": "hunter2"}, "alerts": {"a": "hunter2"}}


def test_hides_secrets_from_later_messages(read: Read) -> None:
    """A message about a value in a secret key does not repeat the value."""
    _, problems = read({"scheduled-jobs:alerts": "{}"}, secret=["scheduled-jobs:alerts"])
    problems.add_value("scheduled-jobs:alerts.https[0]", "hunter2", "must be an address")
    assert [str(problem) for problem in problems] == ["scheduled-jobs:alerts.https[0]: [secret]: must be an address"]
