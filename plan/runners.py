"""What runs a job in place of a container of its placement, and which fields go with it. Pure.

`RUNNERS` is the whole table: one entry for each field of a job file that names what runs the job.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from pydantic.alias_generators import to_camel

import cadence
from cadence.counting import same_cron
from plan.job_files import file_of
from settings import NAMESPACE, OverrideForm, key_path
from settings.job import DEFAULT_PLACEMENT
from settings.problems import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from settings import (
        Function,
        Handler,
        Http,
        InProcess,
        JobEntry,
        PlacementSettings,
        Problems,
        ScheduleEntry,
        Worker,
    )
    from settings.job import Job

OfJob: TypeAlias = "Function | Handler | Http | Worker | InProcess"
"""What a job file can say of what runs its job."""

_MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)

_OF_CONTAINERS = ("command", "container", "image", "cpu", "memory", "environment")
"""Fields of a job that only a container of its own has."""


_LAUNCHES = "nothing is launched"
_DECIDES = "the process alone decides that"
_STOPS = "would stop a run, and nobody outside the process can"


def _not_of_invocations(what: str, codes: str) -> dict[str, str]:
    """Return the guarantees that no invocation of a function keeps, which does the work or sends it on."""
    return {
        "start_timeout": "is the time until a task is RUNNING",
        "total_timeout": f"would stop a run, and nobody can stop {what}",
        "retry_on": f"names exit codes, and {codes}",
        "run_revision": "is of a task definition",
    }


def _not_replaced(what: str) -> dict[str, str]:
    """Return the value of `overlap` that needs a stop."""
    return {"replace": f"would stop the earlier run, but nobody can stop {what}; use skip, queue or allow"}


@dataclass(frozen=True, kw_only=True)
class Runner:
    """One field of a job file that names what runs the job, and what the job then cannot have."""

    name: str
    """The field's name."""
    words: str
    """What runs the job, for messages."""
    placed: bool
    """Whether the job has a placement, whose service runs it."""
    unplaced: str = "has no placement"
    """Why a job without a placement names none."""
    guarantees: Mapping[str, str] = field(default_factory=dict)
    """Guarantees that cannot be kept, each with the reason."""
    overlaps: Mapping[str, str] = field(default_factory=dict)
    """Values of `overlap` that cannot be kept, each with the reason and what to use."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Further fields of job file and stack config that do nothing, each with the reason."""
    knows_ticks: bool = False
    """Whether what runs the job must know its ticks by itself: then they must be those of a clock."""


RUNNERS = (
    Runner(
        name="function",
        words="a function",
        placed=False,
        guarantees=_not_of_invocations("a function", "functions have none"),
        overlaps=_not_replaced("a function"),
    ),
    Runner(
        name="http",
        words="a receiver",
        placed=False,
        unplaced="has its placement in stack config (scheduled-jobs:receivers)",
        guarantees=_not_of_invocations("a receiver", "receivers tell none"),
        overlaps=_not_replaced("a receiver"),
    ),
    Runner(
        name="worker",
        words="a worker",
        placed=True,
        guarantees={"run_revision": "is of a task definition, and a worker is what its service runs"},
    ),
    Runner(
        name="in_process",
        words="a process of the service",
        placed=True,
        guarantees={
            "timeout": _STOPS,
            "start_timeout": f"is the time until a launch begins, and {_LAUNCHES}",
            "retries": f"would launch the work again, and {_LAUNCHES}",
            "backoff": f"is the time before a retry, and {_LAUNCHES}",
            "retry_on": f"is about retries, and {_LAUNCHES}",
            "total_timeout": _STOPS,
            "overlap": f"decides whether a run begins, and {_DECIDES}",
            "lock": f"keeps a run from beginning, and {_DECIDES}",
            "late": f"decides which late ticks are launched, and {_LAUNCHES}",
            "not_on": f"keeps a run from beginning, and {_DECIDES}",
            "run_revision": "is of a task definition, and the process is what its service runs",
        },
        fields={"pause_after": "would keep the job from running, and a hold cannot keep a process from its work"},
        knows_ticks=True,
    ),
)


def of(job: Job, entry: JobEntry, where: str, problems: Problems) -> Runner | None:
    """Return what runs a job in place of a container; None for a container.

    `where` is the key path of the job's entry in stack config. What does not go together is a mistake.
    """
    named = [one for one in RUNNERS if getattr(job, one.name) is not None]
    if len(named) > 1:
        names = listed(one.name for one in named)
        problems.add(file_of(job.name), f"has {names}; only one of them can run the job: remove the others")
    for one in named[:1]:
        _check(job, one, entry, where, problems)
    return named[0] if named else None


def given(job: Job, runner: Runner | None) -> OfJob | None:
    """Return what the job file says of the runner; None for a container."""
    found: OfJob | None = None if runner is None else getattr(job, runner.name)
    return found


def placement(job: Job, runner: Runner | None, entry: JobEntry) -> str:
    """Return the name of a job's placement; empty for a runner that has none."""
    return (entry.shared.placement or job.placement) if runner is None or runner.placed else ""


def are_sure(job: Job, problems: Problems) -> bool:
    """Return whether no field that names what runs the job has a mistake."""
    return not any(problems.about(f"{file_of(job.name)}.{one.name}") for one in RUNNERS)


def check_service(
    job: Job, runner: Runner | None, place: PlacementSettings | None, entry: JobEntry, problems: Problems
) -> None:
    """Report a placement without the service that runs the job. A placement that is not known is reported already."""
    if runner is None or not runner.placed or place is None or place.service is not None:
        return
    name, entry_path = placement(job, runner, entry), f"{NAMESPACE}:schedules.{job.name}.placement"
    problems.add_value(
        entry_path if entry.shared.placement else f"{file_of(job.name)}.placement",
        name,
        f"has no service, and {file_of(job.name)}.{runner.name} is run by one; name the service in "
        f"{key_path(f'{NAMESPACE}:placements', name)}.service, or choose another placement",
    )


def check_times(job: Job, runner: Runner | None, schedule: ScheduleEntry, where: str, problems: Problems) -> None:
    """Report times of a schedule (`where`) that what runs the job cannot know, or that do nothing for it."""
    timetable = schedule.timetable
    if runner is None or not runner.knows_ticks or timetable is None:
        return
    this = f"{file_of(job.name)}.{runner.name}"
    if isinstance(timetable.expression, cadence.Rate):
        fields = same_cron(timetable.expression, timetable.start or _MIDNIGHT)
        instead = f"such as cron({fields})" if fields else "or an at"
        problems.add(
            where,
            f"{timetable.expression} is counted by AWS from a deployment, so no process can know its ticks, as {this} "
            f"must; use a cron, {instead}",
        )
    if not schedule.enabled:
        problems.note(
            where, f"is not enabled, so nobody waits for its ticks; only the service can stop the timer of {this}"
        )
    if timetable.window:
        problems.add_value(
            f"{where}.window", timetable.window, f"spreads launches, and {this} is not launched; remove it"
        )


def _check(job: Job, runner: Runner, entry: JobEntry, where: str, problems: Problems) -> None:
    """Report what job file and stack config say that does not go with the runner."""
    file = file_of(job.name)
    of_container = f"belongs to a container, and {file}.{runner.name} runs this job; remove it"
    for name in _OF_CONTAINERS:
        for place, value in _set_at(name, job, entry, where):
            if value:
                problems.add(place, of_container)
    for name, why in runner.fields.items():
        for place, value in _set_at(name, job, entry, where):
            if value is not None:
                problems.add_value(place, value, f"{why}; remove it")
    if not runner.placed:
        placements = ((file, job.placement, DEFAULT_PLACEMENT), (where, entry.shared.placement, None))
        for place, placement, usual in placements:
            if placement != usual:
                problems.add_value(f"{place}.placement", placement, f"{runner.words} {runner.unplaced}; remove it")


def _set_at(name: str, job: Job, entry: JobEntry, where: str) -> Iterator[tuple[str, object]]:
    """Yield what job file and stack config say of a field, each with its place."""
    yield f"{file_of(job.name)}.{name}", getattr(job, name)
    if name not in OverrideForm.model_fields:
        return
    key = to_camel(name)
    yield f"{where}.{key}", getattr(entry.shared, name)
    for own, schedule in entry.schedules.items():
        if own:
            yield f"{key_path(where, own)}.{key}", getattr(schedule.override, name)
