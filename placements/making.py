"""Declares the clusters and security groups that placements make, and puts them into the places of the jobs."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from components import EgressOnlyGroup, EgressOnlyGroupArgs, FargateCluster, FargateClusterArgs
from watch.names import GROUP_TAG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.place import Place
    from placements.placement import Placement
    from plan import PlannedJob


def make(
    found: Mapping[str, Placement],
    planned: Sequence[PlannedJob],
    places: Mapping[str, Place],
    group: str,
    tags: Mapping[str, str],
) -> dict[str, Place]:
    """Return each job's place, by the job's name, with the cluster and the security group that its placement makes.

    `found` are the placements by name, and `places` the jobs' places without what is made. A placement makes them also
    while no job uses it: so nobody has to wait for the last run before a job can be turned off.
    """
    made = {name: _made(name, placement, group, tags) for name, placement in found.items()}
    return {one.job.name: _with(places[one.job.name], made.get(one.placement, {})) for one in planned}


def _with(place: Place, made: Mapping[str, Any]) -> Place:
    """Return a place with what its placement makes. A function has no cluster."""
    known = {field.name for field in fields(place)}
    return replace(place, **{name: value for name, value in made.items() if name in known})


def _made(name: str, placement: Placement, group: str, tags: Mapping[str, str]) -> dict[str, Any]:
    """Declare what a placement makes, and return it as arguments of a place."""
    parts: dict[str, Any] = {}
    # Permissions to change security groups can be limited by a tag, and not by a name.
    tags, own = {**tags, GROUP_TAG: group}, f"{group}-{name}"
    if placement.new_cluster is not None:
        new = placement.new_cluster
        args = FargateClusterArgs(name=new.name, container_insights=new.container_insights, tags=tags)
        parts["cluster_arn"] = FargateCluster(name, args).arn
    if placement.new_group_in is not None:
        in_vpc = EgressOnlyGroupArgs(vpc_id=placement.new_group_in, name=own, tags=tags)
        parts["security_groups"] = [EgressOnlyGroup(name, in_vpc).id]
    return parts
