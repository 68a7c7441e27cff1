"""Joins jobs, schedules and placements into the plan of a stack, and checks them against each other. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pydantic

from aws_facts.fargate import fargate_problem
from components.run_task_request import LONGEST_OVERRIDE, override_length
from components.schedule import ScheduleArgs
from plan.job_files import PACKAGE_FILE, file_of
from settings import NAMESPACE, JobEntry, OverrideForm, Problems, Settings, accepted, key_path
from settings.job import Job
from watch import classes
from watch.names import RUN_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from settings.models import ScheduleEntry

_JOB = pydantic.TypeAdapter(Job)


@dataclass(frozen=True)
class PlannedJob:
    """A job that this stack deploys."""

    job: Job
    where: str
    """The key path of the job's entry in stack config."""
    placement: str
    schedules: tuple[ScheduleArgs, ...]


def build(settings: Settings, jobs: Sequence[Job], problems: Problems) -> list[PlannedJob]:
    """Return the jobs that the stack deploys; mistakes go to `problems`, each with the place to fix it."""
    sound = [checked for job in jobs if (checked := _checked(job, problems)) is not None]
    _check_names(settings, jobs, problems)
    _check_routes(settings, sound, problems)
    _check_stops(settings, problems)
    planned = []
    for job in sound:
        entry = settings.schedules.get(job.name)
        if entry is not None:
            planned.append(_plan(job, entry, settings, problems))
    return planned


def _checked(job: Job, problems: Problems) -> Job | None:
    """Return a job with plain values in its fields, which the type `Job` does not check; None after a mistake."""
    try:
        return problems.validate(_JOB, vars(job), file_of(job.name))
    except Exception as error:  # noqa: BLE001 - a value of the user's own class may raise anything
        problems.add(file_of(job.name), f"a field cannot be read: {type(error).__name__}")
        return None


def _check_names(settings: Settings, jobs: Sequence[Job], problems: Problems) -> None:
    names = [job.name for job in jobs]
    for name in names:
        if name not in settings.schedules:
            problems.add(
                f"{NAMESPACE}:schedules.{name}",
                f'is missing: {file_of(name)} has no schedule in this stack; add one, or set it to "off"',
            )
    for name in settings.schedules:
        if name not in names and not problems.about(file_of(name)) and not problems.about(PACKAGE_FILE):
            problems.add(
                f"{NAMESPACE}:schedules.{name}",
                f"no such job (a new one needs {file_of(name)}){accepted(name, names)}",
            )


def _check_routes(settings: Settings, jobs: Sequence[Job], problems: Problems) -> None:
    """Report routes that match no job: a misspelling there would be an alert that nobody gets.

    `jobs` are the jobs without a mistake. A name whose job file has a mistake is not reported.
    """
    if problems.about(PACKAGE_FILE):
        return
    known = {"jobs": [job.name for job in jobs], "owners": [job.owner for job in jobs]}
    for where, route in settings.alerts.routes():
        for part, names in (("jobs", route.jobs), ("owners", route.owners)):
            for index, name in enumerate(names or ()):
                if name not in known[part] and not problems.about(file_of(name)):
                    path = key_path(f"{NAMESPACE}:alerts", *where, part, index)
                    words = "no such job" if part == "jobs" else "no job has this owner"
                    problems.add_value(path, name, words + accepted(name, set(known[part])))


def _check_stops(settings: Settings, problems: Problems) -> None:
    """Report lists of alerts that name stopped runs in a stack that does not alert them: they would do nothing."""
    if settings.alerts.stops:
        return
    lists: list[tuple[tuple[str | int, ...], Sequence[str]]] = [(("quiet",), settings.alerts.quiet)]
    lists += [((*where, "classes"), route.classes or ()) for where, route in settings.alerts.routes()]
    where = f"{NAMESPACE}:alerts"
    for place, listed in lists:
        for index, name in enumerate(listed):
            if name == classes.STOPPED:
                why = f"a run that somebody stopped is not alerted; set {where}.stops to true"
                problems.add_value(key_path(where, *place, index), name, why)


def _plan(job: Job, entry: JobEntry, settings: Settings, problems: Problems) -> PlannedJob:
    where = f"{NAMESPACE}:schedules.{job.name}"
    placement = entry.shared.placement or job.placement
    if placement not in settings.placements and not _is_known_wrong(placement, settings, problems):
        source = key_path(where, "placement") if entry.shared.placement else f"{file_of(job.name)}.placement"
        problems.add_value(
            source, placement, f"no such placement in {NAMESPACE}:placements" + accepted(placement, settings.placements)
        )
    schedules = []
    for key, schedule in entry.schedules.items():
        path = key_path(where, key) if key else where
        planned = _override(job, key, schedule, entry.shared)
        _check_environment(job, schedule, entry.shared, (path, where), problems)
        _check_size(job, planned, path, problems)
        schedules.append(planned)
    return PlannedJob(job=job, where=where, placement=placement, schedules=tuple(schedules))


def _override(job: Job, key: str, schedule: ScheduleEntry, shared: OverrideForm) -> ScheduleArgs:
    """Return a schedule with the stack's overrides. The schedule's wins over its entry's, which wins over the job's."""
    own = schedule.override
    return ScheduleArgs(
        key=key,
        timetable=schedule.timetable,
        enabled=schedule.enabled,
        environment={**job.environment, **shared.environment, **own.environment},
        cpu=own.cpu or shared.cpu or job.cpu,
        memory=own.memory or shared.memory or job.memory,
    )


def _is_known_wrong(placement: str, settings: Settings, problems: Problems) -> bool:
    """Return whether a placement has a mistake that is already recorded, or all placements have."""
    where = f"{NAMESPACE}:placements"
    return problems.about(key_path(where, placement)) or (not settings.placements and problems.about(where))


def _check_environment(
    job: Job, schedule: ScheduleEntry, shared: OverrideForm, places: tuple[str, str], problems: Problems
) -> None:
    """Report variables that the program sets itself; `places` are the key paths of the schedule and of its entry."""
    own, entry = places
    for where, environment in (
        (file_of(job.name), job.environment),
        (entry, shared.environment),
        (own, schedule.override.environment),
    ):
        for name in RUN_VARIABLES:
            if name in environment:
                problems.add(
                    f"{where}.environment.{name}", "the program sets this variable itself; choose another name"
                )


def _check_size(job: Job, planned: ScheduleArgs, where: str, problems: Problems) -> None:
    """Check the limits of ECS. A mistake in the job file alone is reported with the job file as its place."""
    if problem := fargate_problem(planned.cpu, planned.memory):
        own = (planned.cpu, planned.memory) == (job.cpu, job.memory)
        problems.add(file_of(job.name) if own else where, problem)
    own_length = override_length(job.command, job.environment)
    own = own_length > LONGEST_OVERRIDE
    length = own_length if own else override_length(job.command, planned.environment)
    if length > LONGEST_OVERRIDE:
        problems.add(
            file_of(job.name) if own else where,
            f"command and environment have {length} characters; ECS accepts {LONGEST_OVERRIDE} in an override",
        )
