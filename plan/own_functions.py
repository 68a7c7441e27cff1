"""The functions of jobs that are one: what job file and stack config may say of them together. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plan.job_files import file_of
from settings import Function, Handler, key_path
from settings.job import DEFAULT_PLACEMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from settings import JobEntry, OverrideForm, Problems
    from settings.job import Job

_OF_CONTAINERS = ("command", "container", "image", "cpu", "memory", "environment")
"""Fields of a job that a function does not have."""


def of(job: Job, entry: JobEntry, where: str, problems: Problems) -> Function | Handler | None:
    """Return the function that runs a job; None for a job that runs in a container.

    `where` is the key path of the job's entry in stack config.
    """
    if job.function is None:
        return None
    file = file_of(job.name)
    for name in _OF_CONTAINERS:
        if getattr(job, name):
            problems.add(f"{file}.{name}", f"belongs to a container, and {file}.function runs this job; remove it")
    if job.placement != DEFAULT_PLACEMENT:
        problems.add_value(f"{file}.placement", job.placement, "a function has no placement; remove it")
    if entry.shared.placement:
        problems.add_value(f"{where}.placement", entry.shared.placement, "a function has no placement; remove it")
    for place, form in _forms(entry, where):
        for name, value in _given(form).items():
            if value:
                problems.add(f"{place}.{name}", f"belongs to a container, and {file}.function runs this job; remove it")
    return job.function


def _forms(entry: JobEntry, where: str) -> Iterator[tuple[str, OverrideForm]]:
    yield where, entry.shared
    for key, schedule in entry.schedules.items():
        if key:
            yield key_path(where, key), schedule.override


def _given(form: OverrideForm) -> Mapping[str, object]:
    return {"environment": form.environment, "cpu": form.cpu, "memory": form.memory}
