"""Checks the capacity providers that a placement names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_facts.fargate import SPOT
from settings import accepted
from settings.problems import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from settings.capacity import CapacityShare

FARGATE = ("FARGATE", SPOT)
"""The capacity providers that every account has (ECS Developer Guide, Fargate capacity providers)."""

_RESERVED = ("aws", "ecs", "fargate")
"""Prefixes that no other capacity provider's name may have (ECS API reference, CreateCapacityProvider)."""


def share(weight: int, base: int) -> int | Mapping[str, int]:
    """Return the share of a capacity provider in its shortest form: a weight, or weight and base."""
    return {"weight": weight, "base": base} if base else weight


def shares(given: Mapping[str, int | CapacityShare]) -> dict[str, int | Mapping[str, int]]:
    """Return the shares of config, by capacity provider."""
    return {provider: one if isinstance(one, int) else share(one.weight, one.base) for provider, one in given.items()}


def is_fargate(providers: Collection[str]) -> bool:
    """Return whether tasks run on Fargate, which is also true without any provider."""
    return all(provider in FARGATE for provider in providers)


def name_problem(provider: str) -> str | None:
    """Return why no capacity provider can have this name; None when one can."""
    if provider in FARGATE or not provider.lower().startswith(_RESERVED):
        return None
    return "no such capacity provider" + accepted(provider.upper().replace("-", "_"), FARGATE)


def cluster_problem(provider: str, cluster: str, of_cluster: Collection[str]) -> str | None:
    """Return why tasks cannot run on this provider in a cluster that has the providers `of_cluster`; None if they can.

    `FARGATE` and `FARGATE_SPOT` too must be associated with the cluster (ECS API reference,
    CapacityProviderStrategyItem).
    """
    if provider in of_cluster:
        return None
    others = f"it has: {listed(sorted(of_cluster))}" if of_cluster else "it has none"
    return f"the cluster '{cluster}' does not have this capacity provider ({others}); associate it with the cluster"


def system_problem(provider: str, family: str, *, windows: bool) -> str | None:
    """Return why tasks of a task definition, whose containers run on Windows or not, cannot run on this provider."""
    if windows and provider == SPOT:
        return f"runs no Windows containers, as those of '{family}' are; use FARGATE alone"
    return None
