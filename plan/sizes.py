"""Checks the sizes of a job's tasks by the rules of what they run on. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_facts.fargate import FARGATE_SIZES
from aws_facts.launch_types import size_problem, size_warning
from plan.job_files import file_of

if TYPE_CHECKING:
    from aws_facts.launch_types import LaunchTypes
    from settings import Problems
    from settings.job import Job


def check(  # noqa: PLR0913, PLR0917 - a size, with where it stands and where it must fit
    job: Job,
    cpu: int | None,
    memory: int | None,
    places: tuple[str, str],
    types: LaunchTypes,
    problems: Problems,
) -> None:
    """Check CPU units and MiB, which may be set at these places and in the job file; a wrong value counts as unknown.

    `places` are the key path of a schedule and that of the job's entry. A mistake in the job file alone is reported
    with the job file as its place.
    """
    file = file_of(job.name)
    own = (cpu, memory) == (job.cpu, job.memory)
    where = file if own else places[0]
    cpu, memory = (
        None if any(problems.about(f"{place}.{name}") for place in (*places, file)) else value
        for name, value in (("cpu", cpu), ("memory", memory))
    )
    alone = None if cpu in FARGATE_SIZES else size_problem(types, None, memory)
    for problem in (size_problem(types, cpu, memory), alone):
        if problem is not None:
            problems.add(where, problem)
    if warning := size_warning(types, cpu):
        problems.warn(f"{where}.cpu", cpu, warning)
