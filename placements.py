"""Turns a placement's config into all that RunTask needs, by asking the account. Once a placement, never per job."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi
from pulumi_aws import ecs

from components.arn import Arn
from components.scheduled_job import PlacementArgs
from components.task_override import fargate_problem
from jobs.loading import file_of
from settings import NAMESPACE, PlacementSettings, Problems, StackOutput, accepted, key_path
from settings.problems import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from plan import PlannedJob

T = TypeVar("T")


_WRAPPING = re.compile(r"^(error: )?(invoking \S+: )?(\d+ errors? occurred: )?(\* )?")


class _Unusable(Exception):  # noqa: N818 - carries a problem, is not one itself
    """A part of a placement names something that is not there."""

    def __init__(self, part: str, message: str) -> None:
        self.part = part
        super().__init__(message)


@dataclass(frozen=True)
class Placement:
    """A placement as the account has it."""

    cluster_arn: str
    task_definition: str
    passed_roles: Sequence[str]
    subnets: Sequence[str]
    security_groups: Sequence[str]
    assign_public_ip: bool
    capacity: Mapping[str, int]
    containers: Sequence[str]
    """All containers of the task definition."""
    container: str | None
    """The one that runs jobs which name none; None when there are several to choose from."""
    cpu: int | None
    """The task definition's CPU units."""
    memory: int | None
    """The task definition's memory in MiB."""


async def look_up(placements: Mapping[str, PlacementSettings], problems: Problems) -> dict[str, Placement]:
    """Ask the account for each placement; what is not there goes to `problems`."""
    found = {}
    for name, settings in placements.items():
        try:
            found[name] = await _look_up(settings)
        except _Unusable as error:
            problems.add(f"{key_path(f'{NAMESPACE}:placements', name)}.{error.part}", str(error))
    return found


def fit(
    jobs: Iterable[PlannedJob], placements: Mapping[str, Placement], problems: Problems
) -> dict[str, PlacementArgs]:
    """Return each job's placement by the job's name, after checking the job's container and sizes against it."""
    fitted = {}
    for planned in jobs:
        placement = placements.get(planned.placement)
        if placement is None:
            continue  # reported by the plan or by the look-up
        container = _container(planned, placement, problems)
        _check_sizes(planned, placement, problems)
        fitted[planned.job.name] = PlacementArgs(
            cluster_arn=placement.cluster_arn,
            task_definition=placement.task_definition,
            container=container,
            passed_roles=placement.passed_roles,
            subnets=placement.subnets,
            security_groups=placement.security_groups,
            assign_public_ip=placement.assign_public_ip,
            capacity=placement.capacity,
        )
    return fitted


def _container(planned: PlannedJob, placement: Placement, problems: Problems) -> str:
    wanted = planned.job.container
    where = f"{file_of(planned.job.name)}.container"
    if wanted is None and placement.container is None:
        problems.add(
            where,
            f"is missing: '{placement.task_definition}' has several essential containers; "
            f"accepted: {listed(placement.containers)}",
        )
    elif wanted is not None and wanted not in placement.containers:
        problems.add_value(
            where,
            wanted,
            f"no such container in '{placement.task_definition}'" + accepted(wanted, placement.containers),
        )
    return wanted or placement.container or ""


def _check_sizes(planned: PlannedJob, placement: Placement, problems: Problems) -> None:
    """Check an override of one of cpu and memory together with what the task definition says of the other."""
    for schedule in planned.schedules:
        cpu, memory = schedule.cpu or placement.cpu, schedule.memory or placement.memory
        if bool(schedule.cpu) != bool(schedule.memory) and cpu and memory and (problem := fargate_problem(cpu, memory)):
            given = "cpu" if schedule.cpu else "memory"
            problems.add(planned.where, f"{problem}; only {given} is set, the other is the task definition's")


async def _look_up(settings: PlacementSettings) -> Placement:
    cluster_arn = await _cluster_arn(settings)
    service = _service(cluster_arn, settings)
    definition = settings.task_definition or _family(service)
    known = _ask("taskDefinition", definition, lambda: ecs.get_task_definition(task_definition=definition))
    containers = json.loads(known.container_definitions)
    roles = {known.task_role_arn, known.execution_role_arn, *settings.task_roles} - {"", None}
    return Placement(
        cluster_arn=cluster_arn,
        task_definition=definition,
        passed_roles=sorted(roles),
        **_network(settings, service),
        capacity=settings.capacity or _capacity(service),
        containers=[c["name"] for c in containers],
        container=_default_container(settings, definition, containers),
        cpu=int(known.cpu) if known.cpu else None,
        memory=int(known.memory) if known.memory else None,
    )


async def _cluster_arn(settings: PlacementSettings) -> str:
    reference = settings.service.cluster if settings.service else settings.cluster
    part = "service.cluster" if settings.service else "cluster"
    if isinstance(reference, StackOutput):
        reference = await _stack_output(reference, part)
    name = reference.rpartition("/")[2] if reference else ""
    cluster = _ask(part, name, lambda: ecs.get_cluster(cluster_name=name))
    if cluster.status != "ACTIVE":
        raise _Unusable(part, f"'{name}': the cluster is {cluster.status or 'gone'}; it must be ACTIVE")
    return cluster.arn


async def _stack_output(wanted: StackOutput, part: str) -> str:
    name = f"{wanted.organization or pulumi.get_organization()}/{wanted.project}/{wanted.stack}"
    try:
        details = await _stack_reference(name).get_output_details(wanted.output)
    except Exception as error:  # the SDK raises plain Exception for a stack that is not there
        raise _Unusable(part, f"'{name}': the stack cannot be read: {_reason(error)}") from error
    value = details.value if details.value is not None else details.secret_value
    if not isinstance(value, str):
        raise _Unusable(f"{part}.output", f"'{wanted.output}': the stack '{name}' exports no such text")
    return value


@functools.cache
def _stack_reference(name: str) -> pulumi.StackReference:
    """Register each stack that is referred to once, however many placements refer to it."""
    return pulumi.StackReference(name)


def _service(cluster_arn: str, settings: PlacementSettings) -> ecs.GetServiceResult | None:
    wanted = settings.service
    if wanted is None:
        return None
    return _ask("service.name", wanted.name, lambda: ecs.get_service(cluster_arn=cluster_arn, service_name=wanted.name))


def _family(service: ecs.GetServiceResult | None) -> str:
    """Return the service's family without the revision that it runs now, so that jobs follow its deployments."""
    if service is None or not service.task_definition:
        raise _Unusable("taskDefinition", "is missing: the service has none of its own; give the family here")
    return Arn.parse(service.task_definition).resource.removeprefix("task-definition/").partition(":")[0]


def _network(settings: PlacementSettings, service: ecs.GetServiceResult | None) -> dict[str, Any]:
    given = service.network_configurations[0] if service and service.network_configurations else None
    subnets = settings.subnets or (list(given.subnets) if given else [])
    if not subnets:
        raise _Unusable("subnets", "are missing: the service has no awsvpc network; give the subnets here")
    public = settings.assign_public_ip
    return {
        "subnets": sorted(subnets),
        "security_groups": sorted(settings.security_groups or (given.security_groups if given else [])),
        "assign_public_ip": bool(given and given.assign_public_ip) if public is None else public,
    }


def _capacity(service: ecs.GetServiceResult | None) -> dict[str, int]:
    strategies = service.capacity_provider_strategies if service else []
    return {s.capacity_provider: s.weight for s in strategies}


def _default_container(
    settings: PlacementSettings, definition: str, containers: Sequence[Mapping[str, Any]]
) -> str | None:
    names = [c["name"] for c in containers]
    if settings.container is not None:
        if settings.container not in names:
            raise _Unusable(
                "container",
                f"'{settings.container}': no such container in '{definition}'" + accepted(settings.container, names),
            )
        return settings.container
    essential = [str(c["name"]) for c in containers if c.get("essential", True)]
    return essential[0] if len(essential) == 1 else None


def _ask(part: str, name: str, call: Callable[[], T]) -> T:
    """Ask the account; the provider's refusal becomes a problem of that part of the placement."""
    try:
        return call()
    except Exception as error:  # the SDK raises plain Exception for a function that failed
        raise _Unusable(part, f"'{name}': {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Leave out of an error how the question reached the provider, which says nothing to who reads the message."""
    text = " ".join(str(error).split())
    return _WRAPPING.sub("", text.rpartition("returned an error: ")[2])
