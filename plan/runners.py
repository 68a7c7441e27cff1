"""What runs a job in place of a container of its placement, and which fields go with it. Pure.

`RUNNERS` is the whole table: one entry for each field of a job file that names what runs the job.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plan.job_files import file_of
from settings import key_path
from settings.job import DEFAULT_PLACEMENT
from settings.problems import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from settings import Function, Handler, Http, JobEntry, OverrideForm, Problems
    from settings.job import Job

_OF_CONTAINERS = ("command", "container", "image", "cpu", "memory", "environment")
"""Fields of a job that only a container of its own has."""
_OF_FORMS = ("environment", "cpu", "memory")
"""Those of them that stack config can set, too."""


@dataclass(frozen=True, kw_only=True)
class Runner:
    """One field of a job file that names what runs the job, and what the job then cannot have."""

    name: str
    """The field's name."""
    words: str
    """What runs the job, for messages."""
    placed: bool
    """Whether the job has a placement."""
    unplaced: str = "has no placement"
    """Why a job without a placement names none."""
    guarantees: Mapping[str, str] = field(default_factory=dict)
    """Guarantees that cannot be kept, each with the reason."""
    overlaps: Mapping[str, str] = field(default_factory=dict)
    """Values of `overlap` that cannot be kept, each with the reason and what to use."""


RUNNERS = (
    Runner(
        name="function",
        words="a function",
        placed=False,
        guarantees={
            "start_timeout": "is the time until a task is RUNNING",
            "total_timeout": "would stop a run, and nobody can stop a function",
            "retry_on": "names exit codes, and functions have none",
            "run_revision": "is of a task definition",
        },
        overlaps={"replace": "would stop the earlier run, but nobody can stop a function; use skip, queue or allow"},
    ),
    Runner(
        name="http",
        words="a receiver",
        placed=False,
        unplaced="has its placement in stack config (scheduled-jobs:receivers)",
        guarantees={
            "start_timeout": "is the time until a task is RUNNING",
            "total_timeout": "would stop a run, and nobody can stop a receiver",
            "retry_on": "names exit codes, and receivers tell none",
            "run_revision": "is of a task definition",
        },
        overlaps={"replace": "would stop the earlier run, but nobody can stop a receiver; use skip, queue or allow"},
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


def given(job: Job, runner: Runner | None) -> Function | Handler | Http | None:
    """Return what the job file says of the runner; None for a container."""
    found: Function | Handler | Http | None = None if runner is None else getattr(job, runner.name)
    return found


def placement(job: Job, runner: Runner | None, entry: JobEntry) -> str:
    """Return the name of a job's placement; empty for a runner that has none."""
    return (entry.shared.placement or job.placement) if runner is None or runner.placed else ""


def are_sure(job: Job, problems: Problems) -> bool:
    """Return whether no field that names what runs the job has a mistake."""
    return not any(problems.about(f"{file_of(job.name)}.{one.name}") for one in RUNNERS)


def _check(job: Job, runner: Runner, entry: JobEntry, where: str, problems: Problems) -> None:
    """Report what job file and stack config say that does not go with the runner."""
    file = file_of(job.name)
    of_container = f"belongs to a container, and {file}.{runner.name} runs this job; remove it"
    for name in _OF_CONTAINERS:
        if getattr(job, name):
            problems.add(f"{file}.{name}", of_container)
    for place, form in _forms(entry, where):
        for name in _OF_FORMS:
            if getattr(form, name):
                problems.add(f"{place}.{name}", of_container)
    if not runner.placed:
        placements = ((file, job.placement, DEFAULT_PLACEMENT), (where, entry.shared.placement, None))
        for place, placement, usual in placements:
            if placement != usual:
                problems.add_value(f"{place}.placement", placement, f"{runner.words} {runner.unplaced}; remove it")


def _forms(entry: JobEntry, where: str) -> Iterator[tuple[str, OverrideForm]]:
    yield where, entry.shared
    for key, schedule in entry.schedules.items():
        if key:
            yield key_path(where, key), schedule.override
