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


def placement(chance: Chance) -> tuple[dict[str, Any], Place]:
    """Return a placement as config and as its runs get it."""
    own = chance.says()
    config: dict[str, Any] = {} if own else {"service": {"cluster": _cluster(chance), "name": chance.one([*SERVICES])}}
    service = Service("valid-web", {}, groups=()) if own else SERVICES[config["service"]["name"]]
    if own:
        config["cluster"] = _cluster(chance)
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
        config["securityGroups"] = chance.some(GROUPS, 1)
    if chance.says():
        config["assignPublicIp"] = chance.says()
    if chance.says() and not FAMILIES[name].windows:
        config["capacity"] = chance.one(_SHARES)
    if FAMILIES[name].windows and service.capacity:
        config["capacity"] = {"FARGATE": 1}
    place = _as_run(config, service, name)
    return config, replace(place, family=None) if none else place


def _of_definition(chance: Chance, config: dict[str, Any], family: Family) -> None:
    """Set what only a placement with a task definition can have."""
    if chance.says():
        config["taskRoles"] = chance.some(ROLES)
    if chance.says():
        config["container"] = chance.one(family.containers)


def _cluster(chance: Chance) -> object:
    output = {**CLUSTER_OUTPUT, **({"organization": "organization"} if chance.says() else {})}
    return chance.one((CLUSTER, CLUSTER_ARN, output))


def _as_run(config: Mapping[str, Any], service: Service, name: str) -> Place:
    family = FAMILIES[name]
    only = family.containers[0] if len(family.containers) == 1 else None
    groups = sorted(config.get("securityGroups", service.groups))
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
            "Cluster": CLUSTER_ARN,
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
