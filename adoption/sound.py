"""Leaves out of a job what `check` would refuse, and lists it with the words of `check`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import plan
import settings
from adoption.found import UNKNOWN, Found, Leftover, SourceError
from plan.job_files import file_of
from settings import NAMESPACE, Job, key_path

if TYPE_CHECKING:
    from collections.abc import Mapping

_REQUIRED: Mapping[str, Any] = {"command": [UNKNOWN], "owner": "unknown"}
_LONGEST_DESCRIPTION = 200
_OPTIONAL = ("window", "start", "end")
_OPTIONAL_IN_PLACEMENT = ("capacity", "securityGroups")
_MOST_ROUNDS = 50


def sound(found: Found) -> Found:
    """Return a job that a stack can have, whose name and owner are final. What had to be left out is a leftover.

    Raises SourceError when nothing is left that a stack could have.
    """
    one = dataclasses.replace(found, job=_shortened(found.job))
    for _ in range(_MOST_ROUNDS):
        problems = _problems(one)
        if not problems:
            return one
        one = _without(one, problems[0])
    raise SourceError(str(problems[0]))


def entry_of(found: Found) -> Any:  # noqa: ANN401 - a mapping or a word
    """Return a job's entry in a stack file."""
    if not found.schedules:
        return "off"
    return dict(found.schedules.get("") or found.schedules)


def _shortened(job: Job) -> Job:
    text = " ".join(job.description.split())
    if len(text) > _LONGEST_DESCRIPTION:
        text = f"{text[: _LONGEST_DESCRIPTION - 1]}…"
    return dataclasses.replace(job, description=text)


def _problems(found: Found) -> list[settings.Problem]:
    problems = settings.Problems()
    config: Mapping[str, Any] = {
        "placements": {found.job.placement: dict(found.placement.keys)},
        "schedules": {found.job.name: entry_of(found)},
    }
    plan.build(settings.parse(config, problems), [found.job], problems)
    return list(problems)


def _without(found: Found, problem: settings.Problem) -> Found:
    """Return a job without what a problem is about."""
    file, schedules = f"{file_of(found.job.name)}.", key_path(f"{NAMESPACE}:schedules", found.job.name)
    if problem.where.startswith(file):
        return _without_field(found, problem, problem.where.removeprefix(file).partition(".")[0].partition("[")[0])
    place = key_path(f"{NAMESPACE}:placements", found.job.placement)
    for key in _OPTIONAL_IN_PLACEMENT:
        if problem.where.startswith(f"{place}.{key}") and key in found.placement.keys:
            rest = {name: value for name, value in found.placement.keys.items() if name != key}
            return _noted(
                dataclasses.replace(found, placement=dataclasses.replace(found.placement, keys=rest)), key, problem
            )
    for key, schedule in found.schedules.items():
        path = key_path(schedules, key) if key else schedules
        if problem.where == path or problem.where.startswith((f"{path}.", f"{path}[")):
            part = problem.where.removeprefix(path).lstrip(".").partition(".")[0]
            rest = {name: value for name, value in schedule.items() if part not in _OPTIONAL or name != part}
            others = {name: value for name, value in found.schedules.items() if name != key}
            kept = {**others, key: rest} if part in _OPTIONAL else others
            return _noted(dataclasses.replace(found, schedules=kept), part or "schedule", problem)
    raise SourceError(str(problem))


def _without_field(found: Found, problem: settings.Problem, name: str) -> Found:
    field = next((one for one in dataclasses.fields(Job) if one.name == name), None)
    if field is None or name == "name":
        raise SourceError(str(problem))
    usual = field.default if field.default is not dataclasses.MISSING else {}
    other: dict[str, Any] = {name: _REQUIRED.get(name, usual)}
    changed = dataclasses.replace(found.job, **other)
    if changed == found.job:
        raise SourceError(str(problem))
    return _noted(dataclasses.replace(found, job=changed), name, problem)


def _noted(found: Found, field: str, problem: settings.Problem) -> Found:
    left = Leftover(found.where, field, f"is left out: {problem.message}")
    return dataclasses.replace(found, leftovers=(*found.leftovers, left))
