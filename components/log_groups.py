"""The log groups that the watch reads: those that a placement names, or those of its task definition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.output import UNKNOWN

from aws_facts import log_place
from aws_facts.arn import Arn
from components import provider_functions
from components.inputs import is_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.placement import PlacementArgs


def of(place: PlacementArgs, parent: pulumi.Resource) -> pulumi.Input[Sequence[pulumi.Input[str]]]:
    """Return the log groups of a placement. They are unknown while the task definition does not exist.

    `parent` is the component whose provider is asked.
    """
    if place.log_groups is not None:
        return place.log_groups
    # The family's name is known in a preview, before the same program has created the task definition.
    may_be_missing = pulumi.runtime.is_dry_run() and not is_plain(place.task_definition)

    async def look_up(known: Sequence[Any]) -> Any:  # noqa: ANN401 - names or the unknown value
        family, container, cluster, passed_roles = known
        try:
            return await of_definition(family, container, Arn.parse(cluster), passed_roles, parent)
        except pulumi.RunError:
            if may_be_missing:
                return UNKNOWN
            raise

    return pulumi.Output.all(place.task_definition, place.container, place.cluster, place.passed_roles).apply(look_up)


async def of_definition(
    family: str, container: str, cluster: Arn, passed_roles: Sequence[str], parent: pulumi.Resource
) -> Sequence[str]:
    """Return the log groups of a container.

    RunError if the task definition or its container cannot be found, or no launch may pass one of its roles.
    """
    try:
        found = await provider_functions.call("ecs/getTaskDefinition", {"taskDefinition": family}, parent)
    except Exception as error:  # noqa: BLE001 - the SDK raises plain Exception for a function that failed
        raise pulumi.RunError(
            f"the log group of the task definition '{family}' cannot be looked up: {' '.join(str(error).split())}; "
            "set `log_groups` of `PlacementArgs`"
        ) from None
    containers = json.loads(found["containerDefinitions"])
    names = [one["name"] for one in containers]
    if container not in names:
        raise pulumi.RunError(
            f"the task definition '{family}' has no container '{container}'; must be one of: {', '.join(names)}"
        )
    missing = sorted({found.get(kind) or "" for kind in ("taskRoleArn", "executionRoleArn")} - {"", *passed_roles})
    if missing:
        raise pulumi.RunError(
            f"the task definition '{family}' has a role that no launch may pass; add it to `passed_roles` of "
            f"`PlacementArgs`: {', '.join(missing)}"
        )
    return log_place.groups({"containerDefinitions": containers}, container, cluster)
