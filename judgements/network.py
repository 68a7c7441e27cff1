"""Checks that a task can have its network interface in the subnets and security groups. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from settings.problems import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def problems(subnets: Mapping[str, str], groups: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the part of the placement and a message for everything that is not in the same VPC.

    Both arguments map ids to the id of the VPC. They leave out those that could not be looked up.
    """
    if len(set(subnets.values())) > 1:
        yield "subnets", _apart(subnets)
    elif subnets:
        vpc = next(iter(subnets.values()))
        for group, other in groups.items():
            if other != vpc:
                yield "securityGroups", f"'{group}' is in {other}, and the subnets are in {vpc}; they must share a VPC"
    elif len(set(groups.values())) > 1:
        yield "securityGroups", _apart(groups)


def _apart(things: Mapping[str, str]) -> str:
    return f"are in several VPCs ({listed(f'{name} in {vpc}' for name, vpc in things.items())}); they must share one"
