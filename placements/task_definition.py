"""What a task definition must be for a job to run on it, as the account describes it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from settings import accepted
from settings.problems import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def problems(*, status: str, network_mode: str, compatibilities: Sequence[str], fargate: bool) -> Iterator[str]:
    """Say why no job can run on a task definition; `fargate` tells whether its tasks are to run there."""
    if status != "ACTIVE":
        yield f"is {status or 'gone'}; it must be ACTIVE"
    if network_mode != "awsvpc":
        yield f"uses the network mode {network_mode or 'bridge'}; Fargate needs awsvpc"
    if fargate and "FARGATE" not in compatibilities:
        yield f"was registered for {listed(compatibilities) or 'EC2'}; requiresCompatibilities must have FARGATE"


def default_container(containers: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the container that runs a job which names none: the only essential one."""
    essential = [str(container["name"]) for container in containers if _is_essential(container)]
    return essential[0] if len(essential) == 1 else None


def container_problem(family: str, wanted: str, containers: Sequence[Mapping[str, Any]]) -> str | None:
    """Say why a job cannot run in the container `wanted` of a task definition."""
    container = _named(wanted, containers)
    if container is None:
        return f"no such container in '{family}'" + accepted(wanted, [c["name"] for c in containers])
    if not _is_essential(container):
        essential = listed(c["name"] for c in containers if _is_essential(c))
        return (
            f"is not essential in '{family}': the task would go on when the job's container has ended; "
            f"accepted: {essential}"
        )
    return None


def container_warning(family: str, wanted: str, containers: Sequence[Mapping[str, Any]]) -> str | None:
    """Say what will be missing when a job runs in the container `wanted`."""
    container = _named(wanted, containers)
    driver = ((container or {}).get("logConfiguration") or {}).get("logDriver")
    if container is None or driver == "awslogs":
        return None
    return f"logs with {driver or 'no log driver'} in '{family}', not with awslogs: alerts cannot name a log"


def log_groups(wanted: str, containers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the log groups that the container `wanted` writes to with awslogs: one or none."""
    logging = (_named(wanted, containers) or {}).get("logConfiguration") or {}
    group = (logging.get("options") or {}).get("awslogs-group")
    return [str(group)] if logging.get("logDriver") == "awslogs" and group else []


def size_problems(
    family: str, *, cpu: int | None, memory: int | None, containers: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """Say which containers do not fit into a task of `cpu` units and `memory` MiB; None is not looked at.

    What containers reserve must fit together, and each one's limit of memory for itself (ECS API reference,
    ContainerDefinition).
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
