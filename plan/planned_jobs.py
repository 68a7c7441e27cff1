"""Joins jobs, schedules and placements into the plan of a stack, and checks them against each other. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pydantic

from aws_facts.launch_types import ON_FARGATE
from components.run_task_request import LONGEST_OVERRIDE, override_length
from components.schedule import ScheduleArgs
from plan import guarantees, own_images, receivers, runners, sizes
from plan.closures import Calendars
from plan.job_files import PACKAGE_FILE, file_of
from settings import (
    NAMESPACE,
    Image,
    JobEntry,
    OverrideForm,
    Problems,
    Receiver,
    ScheduleEntry,
    Settings,
    accepted,
    key_path,
)
from settings.job import Job, is_job_name
from watch import classes, done_by
from watch.names import GROUP_TAG

if TYPE_CHECKING:
    from collections.abc import Sequence

    import cadence
    from plan.runners import Runner
    from settings import PlacementSettings

_JOB = pydantic.TypeAdapter(Job)
_MOST_TAGS = 47
"""ECS takes 50 tags with a task (ECS API reference, RunTask). Tasks of supervised jobs have three of the program."""
_NO_SCHEDULE = {"": ScheduleEntry(timetable=None, enabled=True, override=OverrideForm())}
"""Stands for the schedules that could not be read, so that the values of their entry are checked too."""


@dataclass(frozen=True)
class PlannedJob:
    """A job that this stack deploys."""

    job: Job
    where: str
    """The key path of the job's entry in stack config."""
    placement: str
    """The name of the placement; empty for a job without one, such as a function."""
    schedules: tuple[ScheduleArgs, ...]
    image: Image | None = None
    """The job's own image, as this stack has it; None for a job in a container of an existing task definition."""
    runner: runners.OfJob | None = None
    """What runs the job; None for a job that runs in a container of its own."""
    receiver: Receiver | None = None
    """The receiver of a job that is a request, as this stack has it; None for other jobs."""
    asks: tuple[str, ...] = ()
    """The places of the fields that make the job supervised, sorted: the engine has the schedules in another order than
    the stack file. Empty for a direct job."""

    def places(self, schedule: ScheduleArgs) -> tuple[str, str]:
        """Return the key path of a schedule, and that of the job's entry."""
        return (key_path(self.where, schedule.key) if schedule.key else self.where, self.where)


def build(settings: Settings, jobs: Sequence[Job], problems: Problems) -> list[PlannedJob]:
    """Return the jobs that the stack deploys; mistakes go to `problems`, each with the place to fix it."""
    calendars = Calendars(settings.calendars)
    checked = [(job, _checked(job, problems)) for job in jobs]
    sound = [job for _, job in checked if job is not None]
    _check_names(settings, jobs, problems)
    _check_routes(settings, sound, problems)
    _check_stops(settings, problems)
    receivers.check(settings, jobs, problems)
    planned = []
    for given, job in checked:
        entry = settings.schedules.get(given.name)
        if entry is not None:
            found = _plan(job or _sound_part(given, problems), entry, settings, calendars, problems)
            planned += [found] if job is not None else []
    _check_tags(settings, planned, problems)
    return planned


def _checked(job: Job, problems: Problems) -> Job | None:
    """Return a job whose fields are valid, which the type `Job` does not check; None after a mistake."""
    return problems.validate(_JOB, vars(job), file_of(job.name))


def _sound_part(job: Job, problems: Problems) -> Job:
    """Return a job whose wrong fields have their defaults, also in its image, so that the rest can be checked too."""
    file = file_of(job.name)
    fields = _sound_fields(job, file, problems)
    if isinstance(job.image, Image):
        fields["image"] = Image(**_sound_fields(job.image, f"{file}.image", problems))
    return _JOB.validate_python({"owner": "-", **fields})


def _sound_fields(given: Job | Image, where: str, problems: Problems) -> dict[str, Any]:
    """Return the fields without those with a mistake. `where` is the place of what has the fields."""
    return {name: value for name, value in vars(given).items() if not problems.about(f"{where}.{name}")}


def _check_names(settings: Settings, jobs: Sequence[Job], problems: Problems) -> None:
    where, names = f"{NAMESPACE}:schedules", [job.name for job in jobs]
    for name in names:
        if name not in settings.schedules:
            problems.add(
                key_path(where, name),
                f'is missing: {file_of(name)} has no schedule in this stack; add one, or set it to "off"',
            )
    for name in [name for name in settings.schedules if name not in names]:
        if not problems.about(file_of(name)) and not problems.about(PACKAGE_FILE):
            new = f" (a new one needs {file_of(name)})" if is_job_name(name) else ""
            problems.add(key_path(where, name), f"no such job{new}{accepted(name, names)}")


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


def _check_tags(settings: Settings, planned: Sequence[PlannedJob], problems: Problems) -> None:
    """Check that the tasks of supervised jobs have room for their third tag of the program."""
    supervised = next((job for job in planned if job.asks and job.runner is None), None)
    count = len(settings.tags)
    if supervised is not None and count > _MOST_TAGS:
        tags = f"the program adds job, owner and {GROUP_TAG} to the tasks of '{supervised.job.name}'"
        problems.add(
            f"{NAMESPACE}:tags",
            f"has {count} tags; must be at most {_MOST_TAGS}, since {tags}, which is supervised ({supervised.asks[0]})",
        )


def _plan(job: Job, entry: JobEntry, settings: Settings, calendars: Calendars, problems: Problems) -> PlannedJob:
    where = f"{NAMESPACE}:schedules.{job.name}"
    runner = runners.of(job, entry, where, problems)
    placement = runners.placement(job, runner, entry)
    image = own_images.of(job, entry, where, problems)
    receiver = receivers.of(job, settings, problems)
    place = settings.placements.get(placement)
    if runners.are_sure(job, problems):
        if placement:
            _check_placement(placement, job, entry, settings, problems)
        runners.check_service(job, runner, place, entry, problems)
        if runner is None:
            own_images.check_placement(job, image, place, placement, problems)
            _check_command(job, image, place, problems)
    schedules, asks = [], {}
    for key, schedule in (entry.schedules or _NO_SCHEDULE).items():
        path = key_path(where, key) if key else where
        override = _override(job, schedule, entry.shared)
        if place is None or place.on_fargate:  # others are looked up first
            sizes.check(job, override.cpu, override.memory, (path, where), ON_FARGATE, problems)
        _check_length(job, override, path, problems)
        variables = {path: schedule.override.environment, where: entry.shared.environment}
        own_images.check_names(image, {file_of(job.name): job.environment, **variables}, problems)
        asked = _asked(job, entry, schedule, (path, where), problems)
        check = guarantees.Check(asked, problems)
        _check_kind(check, runner, image, place, placement)
        check.alone()
        check.with_calendars(settings.calendars, calendars)
        if schedule.timetable is not None:
            check.with_times(schedule.timetable, path)
            runners.check_times(job, runner, schedule, path, problems)
            _check_deadline(job, override.done_by, schedule.timetable, (path, where), problems)
            asks[key] = asked
            schedules.append(_schedule(key, schedule.timetable, override, enabled=schedule.enabled))
    places = tuple(sorted({place for asked in asks.values() for place in asked.asking()}))
    if runner is not None:
        places = tuple(sorted({*places, f"{file_of(job.name)}.{runner.name}"}))
    if places:
        schedules = [
            replace(one, limits=guarantees.limits(asks[one.key], one.timetable, calendars)) for one in schedules
        ]
    return PlannedJob(
        job=job,
        where=where,
        placement=(receiver.placement or "") if receiver else placement,
        schedules=tuple(schedules),
        image=image,
        runner=runners.given(job, runner),
        receiver=receiver,
        asks=places,
    )


def _check_kind(
    check: guarantees.Check, runner: Runner | None, image: Image | None, place: PlacementSettings | None, name: str
) -> None:
    """Check that what runs the job can keep what is asked. `name` is the placement's, whose settings are `place`."""
    if runner is not None:
        check.with_runner(runner)
    elif image is None:
        check.with_placement(place, name)
    else:
        check.with_own_image()


def _schedule(key: str, timetable: cadence.Timetable, override: OverrideForm, *, enabled: bool) -> ScheduleArgs:
    return ScheduleArgs(
        key=key,
        enabled=enabled,
        **{**vars(timetable), "expression": str(timetable.expression)},
        environment=override.environment,
        cpu=override.cpu,
        memory=override.memory,
        done_by=override.done_by,
        pause_after=override.pause_after,
    )


def _override(job: Job, schedule: ScheduleEntry, shared: OverrideForm) -> OverrideForm:
    """Return the stack's values for a schedule. The schedule's win over its entry's, which win over the job's."""
    own = schedule.override
    return OverrideForm.model_construct(
        environment={**job.environment, **shared.environment, **own.environment},
        cpu=own.cpu or shared.cpu or job.cpu,
        memory=own.memory or shared.memory or job.memory,
        done_by=own.done_by or shared.done_by or job.done_by,
        pause_after=own.pause_after or shared.pause_after or job.pause_after,
    )


def _asked(
    job: Job, entry: JobEntry, schedule: ScheduleEntry, places: tuple[str, str], problems: Problems
) -> guarantees.Asked:
    """Return what a schedule asks of its runs. `places` are its key path and that of the job's entry."""
    levels = [
        guarantees.Level(places[0], schedule.override, depth=0),
        guarantees.Level(places[1], entry.shared, depth=1),
        guarantees.Level(file_of(job.name), job, depth=2),
    ]
    return guarantees.joined(levels, problems)


def _check_placement(placement: str, job: Job, entry: JobEntry, settings: Settings, problems: Problems) -> None:
    own, file = f"{NAMESPACE}:schedules.{job.name}.placement", f"{file_of(job.name)}.placement"
    if placement in settings.placements or _is_known_wrong(placement, settings, problems):
        return
    if problems.about(own) or problems.about(file):
        return
    problems.add_value(
        own if entry.shared.placement else file,
        placement,
        f"no such placement in {NAMESPACE}:placements" + accepted(placement, settings.placements),
    )


def _check_command(job: Job, image: Image | None, placement: PlacementSettings | None, problems: Problems) -> None:
    """Report a job without a command that would run what a service does, which never ends."""
    file = file_of(job.name)
    if job.command is not None or image is not None or problems.about(f"{file}.command"):
        return
    if placement and placement.service and placement.task_definition is None and not problems.about(f"{file}.image"):
        problems.add(
            f"{file}.command",
            f"is missing: the job runs in the task definition of the service '{placement.service.name}', so it would "
            'do what the service does; set it, such as command=["python", "job.py"]',
        )


def _is_known_wrong(placement: str, settings: Settings, problems: Problems) -> bool:
    """Return whether a placement has a mistake that is already recorded, or all placements have."""
    where = f"{NAMESPACE}:placements"
    return problems.about(key_path(where, placement)) or (not settings.placements and problems.about(where))


def _check_deadline(
    job: Job, until: str | None, timetable: cadence.Timetable, places: tuple[str, str], problems: Problems
) -> None:
    """Check a deadline against the times of the schedule. One from the job file is reported at the schedule too."""
    if until is None or any(problems.about(f"{place}.doneBy") for place in places):
        return
    if problems.about(f"{file_of(job.name)}.done_by"):
        return
    problem = done_by.problem(until, timetable)
    if problem is not None:
        problems.add_value(f"{places[0]}.doneBy", until, problem)


def _check_length(job: Job, override: OverrideForm, where: str, problems: Problems) -> None:
    """Check ECS's limit of an override. A mistake in the job file alone is reported with the job file as its place."""
    own_length = override_length(job.command, job.environment, cpu=job.cpu, memory=job.memory)
    own = own_length > LONGEST_OVERRIDE
    length = (
        own_length
        if own
        else override_length(job.command, override.environment, cpu=override.cpu, memory=override.memory)
    )
    if length > LONGEST_OVERRIDE:
        problems.add(
            file_of(job.name) if own else where,
            f"command and environment have {length} characters; ECS accepts {LONGEST_OVERRIDE} in an override",
        )
