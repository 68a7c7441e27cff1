"""Checks that jobs can run on a task definition, as the account describes it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts.fargate import USUAL_STOP_TIMEOUT
from aws_facts.launch_types import LaunchType
from settings import accepted
from settings.problems import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from aws_facts.launch_types import LaunchTypes
    from judgements.answers import TaskDefinition


def problems(known: TaskDefinition, types: LaunchTypes, configured: Collection[str] = ()) -> Iterator[str]:
    """Yield the reasons why no job can run on a task definition; `types` are what its tasks may run on.

    `configured` are the volumes that each launch configures.
    """
    if known.status != "ACTIVE":
        yield f"is {known.status or 'gone'}; it must be ACTIVE"
    if known.network_mode != "awsvpc":
        needs = "Fargate" if LaunchType.FARGATE in types else "the network of a placement"
        yield f"uses the network mode {known.network_mode or 'bridge'}; {needs} needs awsvpc"
    if missing := _missing(known.compatibilities, types):
        registered = listed(known.compatibilities) or "EC2"
        yield f"was registered for {registered}; requiresCompatibilities must include {missing}"
    for volume in known.launch_volumes:
        if volume not in configured:
            yield (
                f"its volume '{volume}' is configured at launch, so RunTask needs volumeConfigurations, which this "
                "program sends only for an image of the job's own with `ebs`; name a family that has no such volume"
            )


def _missing(compatibilities: Collection[str], types: LaunchTypes) -> str | None:
    """Return which launch type a task definition was not registered for, but needs; None when none is missing.

    Managed Instances need theirs (ECS Developer Guide, "Amazon ECS task definition differences for Amazon ECS Managed
    Instances"). What is valid on Fargate is also valid on EC2, where `requiresCompatibilities` may be absent.
    """
    for one in (LaunchType.FARGATE, LaunchType.MANAGED_INSTANCES):
        if types == (one,) and one not in compatibilities:
            return one.value
    on_ec2 = types == (LaunchType.EC2,) and bool(compatibilities)
    return LaunchType.EC2.value if on_ec2 and not {LaunchType.EC2, LaunchType.FARGATE} & {*compatibilities} else None


def default_container(containers: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the container for jobs that do not name one: the only essential container, or else None."""
    essential = [str(container["name"]) for container in containers if _is_essential(container)]
    return essential[0] if len(essential) == 1 else None


def container_problem(family: str, wanted: str, containers: Sequence[Mapping[str, Any]]) -> str | None:
    """Return why a job cannot run in the container `wanted` of a task definition; None when it can."""
    container = _named(wanted, containers)
    if container is None:
        return f"no such container in '{family}'" + accepted(wanted, [c["name"] for c in containers])
    if not _is_essential(container):
        essential = listed(c["name"] for c in containers if _is_essential(c))
        return (
            f"is not essential in '{family}', so the task would keep running after the job's container ends; "
            f"must be one of: {essential}"
        )
    return None


def container_warning(family: str, wanted: str, containers: Sequence[Mapping[str, Any]]) -> str | None:
    """Return a warning when the container `wanted` does not log with awslogs; None when it does."""
    container = _named(wanted, containers)
    logging = (container or {}).get("logConfiguration") or {}
    driver = logging.get("logDriver")
    if container is None or (driver == "awslogs" and (logging.get("options") or {}).get("awslogs-stream-prefix")):
        return None
    if driver == "awslogs":
        return f"logs without awslogs-stream-prefix in '{family}', so alerts cannot name its log"
    return f"logs with {driver or 'no log driver'} in '{family}', not with awslogs, so alerts cannot name its log"


def entry_point(wanted: str, containers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the entry point that the task definition sets for a container. That of its image is not known."""
    return list((_named(wanted, containers) or {}).get("entryPoint") or [])


def stop_timeout(wanted: str, containers: Sequence[Mapping[str, Any]]) -> int:
    """Return the seconds between SIGTERM and SIGKILL that the task definition sets for a container, or else ECS's."""
    return int((_named(wanted, containers) or {}).get("stopTimeout", USUAL_STOP_TIMEOUT))


def size_problems(
    family: str, *, cpu: int | None, memory: int | None, containers: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """Yield a message for each size that is too small for the containers; a size of None is not checked.

    `cpu` is in units and `memory` in MiB. The sum of the containers' reservations must fit into the task, and so must
    each container's memory limit (ECS API reference, ContainerDefinition).
    """
    if cpu:
        yield from _too_small("cpu", cpu, family, {c["name"]: int(c.get("cpu") or 0) for c in containers})
    if memory:
        reserved = {c["name"]: int(c.get("memoryReservation") or c.get("memory") or 0) for c in containers}
        yield from _too_small("memory", memory, family, reserved)
        for container in containers:
            limit = int(container.get("memory") or 0)
            if container.get("memoryReservation") and limit > memory:
                name = container["name"]
                yield f"memory {memory} is less than the limit {limit} of the container '{name}' of '{family}'"


def _too_small(what: str, size: int, family: str, needed: Mapping[str, int]) -> Iterator[str]:
    total = sum(needed.values())
    if total > size:
        parts = listed(f"{name} {part}" for name, part in needed.items() if part)
        yield f"{what} {size} is less than the {total} that the containers of '{family}' need together ({parts})"


def _named(wanted: str, containers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return next((container for container in containers if container["name"] == wanted), None)


def _is_essential(container: Mapping[str, Any]) -> bool:
    return bool(container.get("essential", True))
