"""The kind of a job that runs in a container of an existing task definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from aws_facts import log_place
from aws_facts.arn import Arn
from aws_facts.entry_point import entry_point_problem
from aws_facts.fargate import LONGEST_STOP_TIMEOUT
from aws_facts.launch_types import LaunchType, size_problem
from judgements import task_definition
from kinds import task_place
from placements import parts
from plan import sizes
from plan.job_files import file_of
from settings import NAMESPACE
from settings.problems import key_path, listed, show

if TYPE_CHECKING:
    from aws_facts.launch_types import LaunchTypes
    from components import JobGroup, PlacementArgs
    from components.schedule import ScheduleArgs
    from placements.lookups import Lookups
    from placements.placement import Definition, Placement
    from plan import PlannedJob
    from settings import Problems


@dataclass(frozen=True)
class InContainer:
    """A job that runs in a container of an existing task definition, which its placement names."""

    needs: ClassVar[frozenset[str]] = parts.EVERYTHING

    planned: PlannedJob

    async def look_up(self, account: Lookups) -> None:
        """Ask nothing: the look-up of the placement covers its task definition."""

    def fit(self, placement: Placement, problems: Problems) -> PlacementArgs | None:
        """Return the place, with the container. The job's command and sizes are checked against the task definition."""
        definition = placement.definition
        if definition is None:
            return None
        container = _container(self.planned, definition, problems)
        _check_entry_point(self.planned, definition, container, problems)
        _check_sizes(self.planned, placement.launch_types, definition, problems)
        _check_stop(self.planned, placement, definition, container, problems)
        log_groups = log_place.groups(
            {"containerDefinitions": definition.containers}, container, Arn.parse(placement.cluster_arn)
        )
        return task_place.of(
            placement,
            task_definition=definition.name,
            container=container,
            passed_roles=definition.passed_roles,
            log_groups=log_groups,
        )

    def declare(self, group: JobGroup, place: PlacementArgs) -> PlacementArgs:
        """Declare nothing, and return the place: the task definition exists."""
        del group
        return place


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
    if planned.job.command is None:
        problems.note(
            f"{file_of(planned.job.name)}.command",
            f"is not set, so the container '{container}' of '{family}' runs its own, or else that of its image",
        )
    elif problem := entry_point_problem(entry_point, planned.job.command):
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
    if seconds > LONGEST_STOP_TIMEOUT and LaunchType.FARGATE in placement.launch_types:
        problems.add(
            planned.asks[0],
            f"needs runs that can be stopped, but the stopTimeout of {of_container} ({where}) is {seconds} seconds; "
            f"Fargate takes at most {LONGEST_STOP_TIMEOUT}",
        )
    else:
        problems.note(
            where, f"a stopped run gets SIGTERM, and SIGKILL {seconds} seconds later: the stopTimeout of {of_container}"
        )


def _check_sizes(planned: PlannedJob, types: LaunchTypes, definition: Definition, problems: Problems) -> None:
    """Check the cpu and memory of each schedule. Where only one is set, the other is the task definition's."""
    for schedule in planned.schedules:
        sizes.check(planned.job, schedule.cpu, schedule.memory, planned.places(schedule), types, problems)
        if problem := _size_problem(schedule, types, definition):
            problems.add(planned.where, problem)
        for problem in task_definition.size_problems(
            definition.name, cpu=schedule.cpu, memory=schedule.memory, containers=definition.containers
        ):
            problems.add(planned.where, problem)


def _size_problem(schedule: ScheduleArgs, types: LaunchTypes, definition: Definition) -> str | None:
    """Return why a schedule's size does not go with the task definition; the size itself is checked already."""
    if not (schedule.cpu or schedule.memory) or size_problem(types, schedule.cpu, schedule.memory):
        return None
    cpu, memory = schedule.cpu or definition.cpu, schedule.memory or definition.memory
    problem = size_problem(types, cpu, memory, windows=definition.windows)
    if problem and problem.startswith("memory") and bool(schedule.cpu) != bool(schedule.memory):
        given = "cpu" if schedule.cpu else "memory"
        return f"{problem}; only {given} is set, so the other is the task definition's"
    return problem
