"""The order in which ECS starts the containers of a task, and what each waits for."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

START, COMPLETE, SUCCESS, HEALTHY = "START", "COMPLETE", "SUCCESS", "HEALTHY"
"""ECS API reference, ContainerDependency, condition."""
_UNRESOLVED = (
    "CannotStartContainerError: dependency graph: failed to resolve container ordering dependency [{name}({image}) "
    "({status}->RUNNING){exit}] for target [{target}({target_image}) (NONE->RUNNING)] as dependency {why}"
)
"""The reason of a container that waits in vain (amazon-ecs-agent, pull request 3218)."""


def ordered(definitions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of containers, each after those that it depends on; ValueError for a circle."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for one in definitions:
        sorter.add(one["name"], *[other["containerName"] for other in one.get("dependsOn") or ()])
    try:
        return [*sorter.static_order()]
    except CycleError as error:
        raise ValueError(" -> ".join(error.args[1])) from error


def waits(definitions: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a container waits for more than the start of another one."""
    return any(other["condition"] != START for one in definitions for other in one.get("dependsOn") or ())


def unresolved(target: Mapping[str, Any], dependency: Mapping[str, Any], condition: str, exit_code: int | None) -> str:
    """Return ECS's reason for a container whose dependency has not come to its condition."""
    return _UNRESOLVED.format(
        name=dependency["name"],
        image=dependency["image"],
        status="RUNNING" if exit_code is None else "STOPPED",
        exit="" if exit_code is None else f" - Exit: {exit_code}",
        target=target["name"],
        target_image=target["image"],
        why="did not exit successfully." if condition == SUCCESS and exit_code is not None else f"is not {condition}.",
    )
