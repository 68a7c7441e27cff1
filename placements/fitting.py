"""Checks each job against the placement that it runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_facts import log_place
from aws_facts.arn import Arn
from aws_facts.entry_point import entry_point_problem
from aws_facts.fargate import LONGEST_STOP_TIMEOUT, fargate_problem
from components.placement import PlacementArgs
from judgements import capacity, task_definition
from plan import own_images
from plan.job_files import file_of
from settings import NAMESPACE
from settings.problems import key_path, listed, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from components.schedule import ScheduleArgs
    from placements.placement import Definition, Placement
    from plan import PlannedJob
    from settings import Problems


def fit(
    jobs: Iterable[PlannedJob], placements: Mapping[str, Placement], own_log: str, problems: Problems
) -> dict[str, PlacementArgs]:
    """Return each job's placement, by the job's name. The job's container and sizes are checked against it.

    `own_log` is the log group of jobs that have an image of their own.
    """
    fitted = {}
    for planned in jobs:
        placement = placements.get(planned.placement)
        if placement is None:
            continue  # reported by the plan or by the look-up
        if planned.image is not None:
            fitted[planned.job.name] = _of_image(planned, placement, own_log, problems)
        elif placement.definition is not None:
            fitted[planned.job.name] = _of_definition(planned, placement, placement.definition, problems)
    return fitted


def _of_image(planned: PlannedJob, placement: Placement, own_log: str, problems: Problems) -> PlacementArgs:
    """Return the placement of a job whose task definition is made by this program, which then fills it in."""
    cpu, memory = own_images.sizes(planned.job)
    for schedule in planned.schedules:
        if problem := fargate_problem(schedule.cpu or cpu, schedule.memory or memory):
            problems.add(planned.where, f"{problem}; the job's own sizes are cpu {cpu} and memory {memory}")
    return _args(placement, task_definition="", container="", passed_roles=(), log_groups=[own_log])


def _of_definition(
    planned: PlannedJob, placement: Placement, definition: Definition, problems: Problems
) -> PlacementArgs:
    """Return the placement of a job that runs in a container of an existing task definition."""
    container = _container(planned, definition, problems)
    _check_entry_point(planned, definition, container, problems)
    _check_sizes(planned, definition, problems)
    _check_stop(planned, placement, definition, container, problems)
    log_groups = log_place.groups(
        {"containerDefinitions": definition.containers}, container, Arn.parse(placement.cluster_arn)
    )
    return _args(
        placement,
        task_definition=definition.name,
        container=container,
        passed_roles=definition.passed_roles,
        log_groups=log_groups,
    )


def _args(
    placement: Placement,
    *,
    task_definition: str,
    container: str,
    passed_roles: Sequence[str],
    log_groups: Sequence[str],
) -> PlacementArgs:
    return PlacementArgs(
        cluster_arn=placement.cluster_arn,
        task_definition=task_definition,
        container=container,
        passed_roles=passed_roles,
        subnets=placement.subnets,
        security_groups=placement.security_groups,
        assign_public_ip=placement.assign_public_ip,
        capacity=placement.capacity,
        log_groups=log_groups,
        service=placement.service,
    )


def _container(planned: PlannedJob, definition: Definition, problems: Problems) -> str:
    wanted, family = planned.job.container, definition.name
    where = f"{file_of(planned.job.name)}.container"
    if wanted is None and definition.container is None:
        names = listed(container["name"] for container in definition.containers)
        problems.add(where, f"is missing: '{family}' has several essential containers; must be one of: {names}")
    elif wanted is not None:
        if problem := task_definition.container_problem(family, wanted, definition.containers):
            problems.add_value(where, wanted, problem)
        if warning := task_definition.container_warning(family, wanted, definition.containers):
            problems.warn(where, wanted, warning)
    return wanted or definition.container or ""


def _check_entry_point(planned: PlannedJob, definition: Definition, container: str, problems: Problems) -> None:
    """Report an entry point that does not run the job's command. Any other is noted once for the placement."""
    entry_point = task_definition.entry_point(container, definition.containers)
    family = definition.name
    if problem := entry_point_problem(entry_point, planned.job.command):
        where = f"{file_of(planned.job.name)}.command"
        problems.add_value(where, planned.job.command, f"in the container '{container}' of '{family}', {problem}")
    elif entry_point:
        problems.note(
            key_path(f"{NAMESPACE}:placements", planned.placement),
            f"in the container '{container}' of '{family}', commands run as arguments of the entry point "
            f"{show(entry_point)}",
        )


def _check_stop(
    planned: PlannedJob, placement: Placement, definition: Definition, container: str, problems: Problems
) -> None:
    """Check how long the container of a supervised job has to end when its run is stopped, and note it."""
    if not planned.asks:
        return
    seconds = task_definition.stop_timeout(container, definition.containers)
    where = key_path(f"{NAMESPACE}:placements", planned.placement)
    of_container = f"the container '{container}' of '{definition.name}'"
    if seconds > LONGEST_STOP_TIMEOUT and capacity.is_fargate(placement.capacity):
        problems.add(
            planned.asks[0],
            f"needs runs that can be stopped, but the stopTimeout of {of_container} ({where}) is {seconds} seconds; "
            f"Fargate takes at most {LONGEST_STOP_TIMEOUT}",
        )
    else:
        problems.note(
            where, f"a stopped run gets SIGTERM, and SIGKILL {seconds} seconds later: the stopTimeout of {of_container}"
        )


def _check_sizes(planned: PlannedJob, definition: Definition, problems: Problems) -> None:
    """Check the cpu and memory of each schedule. Where only one is set, the other is the task definition's."""
    for schedule in planned.schedules:
        if problem := _size_problem(schedule, definition):
            problems.add(planned.where, problem)
        for problem in task_definition.size_problems(
            definition.name, cpu=schedule.cpu, memory=schedule.memory, containers=definition.containers
        ):
            problems.add(planned.where, problem)


def _size_problem(schedule: ScheduleArgs, definition: Definition) -> str | None:
    """Return why Fargate does not offer a schedule's size in this placement; the plan has checked the size itself."""
    if not (schedule.cpu or schedule.memory) or fargate_problem(schedule.cpu, schedule.memory):
        return None
    cpu, memory = schedule.cpu or definition.cpu, schedule.memory or definition.memory
    problem = fargate_problem(cpu, memory, windows=definition.windows)
    if problem and problem.startswith("memory") and bool(schedule.cpu) != bool(schedule.memory):
        given = "cpu" if schedule.cpu else "memory"
        return f"{problem}; only {given} is set, so the other is the task definition's"
    return problem
