"""The fields with which a job asks for something of its runs, in job files and in stack config."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

import settings
from settings import Guarantees, Job, OverrideForm, Problems
from settings.guarantees import Late, Overlap, RunRevision
from settings.models import JobForm, ScheduleForm
from supervision.limits import LATE, LONGEST_BACKOFF, OVERLAPS, REVISIONS
from watch import durations

FIELDS = [field.name for field in dataclasses.fields(Guarantees)]
LENGTH = "must be hours, minutes and seconds, such as 1h30m, 90s or 30m"
LOCK = "must be letters, digits, dots, underscores and hyphens, at most 64, such as orders-db"
CALENDAR = (
    "must be lower-case letters, digits and hyphens, starting with a letter, at most 30 characters, such as holidays"
)

MISTAKES: dict[str, tuple[str, str, Any, str]] = {
    "another unit": ("timeout", "", "2 hours", f"'2 hours': {LENGTH}"),
    "a number": ("timeout", "", 90, "90: write a text such as 1h30m, 90s or 30m"),
    "no time": ("timeout", "", "0s", "'0s': must be at least 1s and at most 336h"),
    "more than two weeks": ("total_timeout", "", "336h1s", "'336h1s': must be at least 1s and at most 336h"),
    "a short start": ("start_timeout", "", "59s", "'59s': must be at least 1m and at most 24h"),
    "a long start": ("start_deadline", "", "24h1s", "'24h1s': must be at least 1m and at most 24h"),
    "a long backoff": ("backoff", "", "61m", "'61m': must be at least 1s and at most 1h"),
    "many retries": ("retries", "", 11, "11: must be less than or equal to 10"),
    "negative retries": ("retries", "", -1, "-1: must be greater than or equal to 0"),
    "retries as text": ("retries", "", "2", "'2': must be an integer"),
    "a good exit": ("retry_on", "[0]", [0], "0: must be greater than or equal to 1"),
    "no exit code": ("retry_on", "[1]", [75, 256], "256: must be less than or equal to 255"),
    "one exit code": ("retry_on", "", 75, "75: must be a list"),
    "a code twice": ("retry_on", "", [75, 75], "[75, 75]: lists '75' more than once"),
    "an overlap": ("overlap", "", "forbid", "'forbid': must be 'allow', 'skip', 'replace' or 'queue'"),
    "late": ("late", "", "first", "'first': must be 'all', 'last' or 'none'"),
    "a revision": ("run_revision", "", "latest", "'latest': must be 'newest' or 'service'"),
    "a lock": ("lock", "", "two words", f"'two words': {LOCK}"),
    "one calendar": ("not_on", "", "holidays", "'holidays': must be a list"),
    "a name": ("not_on", "[0]", ["Holidays"], f"'Holidays': {CALENDAR}"),
    "a calendar twice": ("not_on", "", ["a", "a"], '["a", "a"]: lists \'a\' more than once'),
}


def key(name: str) -> str:
    """Return a field's key in stack config."""
    alias = JobForm.model_fields[name].alias
    assert alias is not None
    return alias


@pytest.mark.parametrize(("name", "inside", "value", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_reads_the_same_everywhere(name: str, inside: str, value: object, expected: str) -> None:
    """A job file and each level of stack config refuse the same values with the same words."""
    problems = Problems()
    problems.validate(TypeAdapter(Job), {"name": "a", "command": ["b"], "owner": "c", name: value}, "jobs/a.py")
    assert [str(problem) for problem in problems] == [f"jobs/a.py.{name}{inside}: {expected}"]
    for entry, where in (
        ({"rate": "1 day", key(name): value}, "a"),
        ({"daily": "rate(1 day)", key(name): value}, "a"),
        ({"daily": {"rate": "1 day", key(name): value}}, "a.daily"),
    ):
        problems = Problems()
        settings.parse({"placements": {}, "schedules": {"a": entry}}, problems)
        path = f"scheduled-jobs:schedules.{where}.{key(name)}{inside}"
        assert [str(problem) for problem in problems] == [f"{path}: {expected}"]


def test_all_levels_have_the_same_fields() -> None:
    """A job file, a job's entry and a schedule can ask for the same, and for nothing unless they say so."""
    for level in (JobForm, ScheduleForm, OverrideForm):
        assert {name: level.model_fields[name].default for name in FIELDS} == dict.fromkeys(FIELDS)
    defaults = {field.name: field.default for field in dataclasses.fields(Job)}
    assert {name: defaults[name] for name in FIELDS} == dict.fromkeys(FIELDS)


def test_words_are_those_of_the_limits() -> None:
    """Config may say exactly what the supervisor knows."""
    assert (get_args(Overlap), get_args(Late), get_args(RunRevision)) == (OVERLAPS, LATE, REVISIONS)
    assert durations.seconds("1h") == LONGEST_BACKOFF


def test_a_schedule_cannot_have_the_name_of_a_field() -> None:
    """A key that was a schedule's before there was such a field is told apart from a wrong value of the field."""
    for form in ({"cron": "0 2 * * ? *"}, "cron(0 2 * * ? *)"):
        problems = Problems()
        settings.parse({"placements": {}, "schedules": {"a": {"early": "rate(1 day)", "late": form}}}, problems)
        assert [str(problem) for problem in problems] == [
            "scheduled-jobs:schedules.a.late: is a field of every job, so no schedule can have this key; choose another"
        ]


def test_variables_may_have_any_name() -> None:
    """A variable named as a kind of expression does not make a schedule of the environment."""
    problems = Problems()
    entry = {"environment": {"cron": "x"}, "early": "rate(1 day)"}
    found = settings.parse({"placements": {}, "schedules": {"a": entry}}, problems)
    assert not problems
    assert found.schedules["a"] is not None
    assert found.schedules["a"].shared.environment == {"cron": "x"}
