"""The place of a task: the placement as the account has it, with the task definition that runs there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.placement import PlacementArgs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placements import Placement


def of(
    placement: Placement,
    *,
    task_definition: str,
    container: str,
    passed_roles: Sequence[str],
    log_groups: Sequence[str],
) -> PlacementArgs:
    """Return the arguments of the place. `log_groups` are those that the container writes to."""
    return PlacementArgs(
        cluster_arn=placement.cluster_arn,
        task_definition=task_definition,
        container=container,
        passed_roles=passed_roles,
        subnets=placement.subnets,
        security_groups=placement.security_groups,
        assign_public_ip=placement.assign_public_ip,
        capacity=placement.capacity,
        launch_types=placement.launch_types,
        log_groups=log_groups,
        service=placement.service,
    )
