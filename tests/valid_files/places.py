"""Draws placements, each with what a run's request must say of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.valid_files.account import (
    CLUSTER,
    CLUSTER_ARN,
    CLUSTER_OUTPUT,
    FAMILIES,
    GROUPS,
    ROLES,
    SERVICES,
    SUBNETS,
    Service,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.valid_files.account import Family
    from tests.valid_files.chance import Chance

EGRESS_ONLY = "egress-only"
"""Stands for the id of a group that a placement makes."""
_SHARES: Sequence[dict[str, Any]] = (
    {"FARGATE_SPOT": 1},
    {"FARGATE": {"weight": 1, "base": 1}, "FARGATE_SPOT": 3},
    {"FARGATE": 0, "FARGATE_SPOT": {"weight": 1000}},
    {"FARGATE": {"base": 5}, "FARGATE_SPOT": {"weight": 2}},
)


@dataclass(frozen=True)
class Place:
    """A placement as its runs get it."""

    family: Family | None
    """None where only jobs with an image of their own can run."""
    container: str | None
    """The container for jobs that name none; None when they must name one."""
    request: Mapping[str, Any]
    """The members of RunTask that the placement decides."""
    of_service: bool
    """Whether runs may have the revision that the placement's service runs."""


def placement(chance: Chance, new_cluster: str) -> tuple[dict[str, Any], Place]:
    """Return a placement as config and as its runs get it. It may make a cluster of the name `new_cluster`."""
    own = chance.says()
    config = _own_cluster(chance) if own else _service(chance)
    service = Service("valid-web", {}, groups=()) if own else SERVICES[config["service"]["name"]]
    name = chance.one([*FAMILIES]) if own or chance.says() else service.family
    none = own and chance.says(0.3)
    if none:
        name = "valid-web"
    elif own or name != service.family or chance.says():
        config["taskDefinition"] = chance.one((name, f"{name}:1"))
    if not none:
        _of_definition(chance, config, FAMILIES[name])
    if own or chance.says():
        config["subnets"] = chance.some(SUBNETS, 1)
    if chance.says():
        config["securityGroups"] = EGRESS_ONLY if chance.says(0.3) else chance.some(GROUPS, 1)
    if chance.says():
        config["assignPublicIp"] = chance.says()
    if chance.says() and not FAMILIES[name].windows:
        config["capacity"] = chance.one(_SHARES)
    if FAMILIES[name].windows and service.capacity:
        config["capacity"] = {"FARGATE": 1}
    place = _as_run(config, service, name, _arn(config, new_cluster))
    return config, replace(place, family=None) if none else place


def _service(chance: Chance) -> dict[str, Any]:
    return {"service": {"cluster": _cluster(chance), "name": chance.one([*SERVICES])}}


def _own_cluster(chance: Chance) -> dict[str, Any]:
    """Return the keys of a placement without a service that decide its cluster."""
    if chance.says(0.7):
        return {"cluster": _cluster(chance)}
    return {"containerInsights": chance.one(("enhanced", "enabled", "disabled"))} if chance.says() else {}


def _arn(config: Mapping[str, Any], new_cluster: str) -> str:
    makes = config.keys().isdisjoint({"service", "cluster"})
    return CLUSTER_ARN.removesuffix(CLUSTER) + new_cluster if makes else CLUSTER_ARN


def _of_definition(chance: Chance, config: dict[str, Any], family: Family) -> None:
    """Set what only a placement with a task definition can have."""
    if chance.says():
        config["taskRoles"] = chance.some(ROLES)
    if chance.says():
        config["container"] = chance.one(family.containers)


def _cluster(chance: Chance) -> object:
    output = {**CLUSTER_OUTPUT, **({"organization": "organization"} if chance.says() else {})}
    return chance.one((CLUSTER, CLUSTER_ARN, output))


def _as_run(config: Mapping[str, Any], service: Service, name: str, cluster: str) -> Place:
    family = FAMILIES[name]
    only = family.containers[0] if len(family.containers) == 1 else None
    given = config.get("securityGroups", service.groups)
    groups = [EGRESS_ONLY] if given == EGRESS_ONLY else sorted(given)
    public = config.get("assignPublicIp", service.public)
    network = {
        "Subnets": sorted(config.get("subnets", service.subnets)),
        **({"SecurityGroups": groups} if groups else {}),
        "AssignPublicIp": "ENABLED" if public else "DISABLED",
    }
    return Place(
        family,
        config.get("container", only),
        {
            "Cluster": cluster,
            "TaskDefinition": config.get("taskDefinition", name),
            "NetworkConfiguration": {"AwsvpcConfiguration": network},
            **_capacity(config.get("capacity", service.capacity)),
        },
        of_service="service" in config and "taskDefinition" not in config,
    )


def _capacity(shares: Mapping[str, Any]) -> dict[str, Any]:
    if not shares:
        return {"LaunchType": "FARGATE"}
    named = {name: share if isinstance(share, dict) else {"weight": share} for name, share in shares.items()}
    return {
        "CapacityProviderStrategy": [
            {
                "CapacityProvider": name,
                "Weight": share.get("weight", 0),
                **({"Base": share["base"]} if share.get("base") else {}),
            }
            for name, share in sorted(named.items())
        ]
    }
