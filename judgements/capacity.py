"""Checks the capacity providers that a placement names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_facts.fargate import PROVIDERS, SPOT
from aws_facts.launch_types import ON_FARGATE, ON_INSTANCES, LaunchType, in_words
from judgements.answers import CapacityProvider
from settings import accepted
from settings.problems import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from aws_facts.launch_types import LaunchTypes
    from judgements.answers import Answer
    from settings.capacity import CapacityShare

_RESERVED = ("aws", "ecs", "fargate")
"""Prefixes that no other capacity provider's name may have (ECS API reference, CreateCapacityProvider)."""


def share(weight: int, base: int) -> int | Mapping[str, int]:
    """Return the share of a capacity provider in its shortest form: a weight, or weight and base."""
    return {"weight": weight, "base": base} if base else weight


def shares(given: Mapping[str, int | CapacityShare]) -> dict[str, int | Mapping[str, int]]:
    """Return the shares of config, by capacity provider."""
    return {provider: one if isinstance(one, int) else share(one.weight, one.base) for provider, one in given.items()}


def of_the_account(providers: Iterable[str]) -> list[str]:
    """Return the providers that the account has made itself, and whose launch type must be asked for."""
    return [provider for provider in providers if provider not in PROVIDERS]


def launch_types(providers: Collection[str], known: Mapping[str, Answer[CapacityProvider]]) -> LaunchTypes:
    """Return what tasks on these capacity providers may run on; without any provider it is Fargate.

    `known` has the account's own providers. One that was refused can launch tasks on either kind of instances.
    """
    own = of_the_account(providers)
    if not own:
        return ON_FARGATE
    found = [known.get(provider) for provider in own]
    types = {one.launch_type for one in found if isinstance(one, CapacityProvider)}
    return tuple(sorted(types)) or ON_INSTANCES


def mix_problem(known: Iterable[Answer[CapacityProvider]]) -> str | None:
    """Return why a strategy cannot have these providers of the account together; None when it can.

    See ECS Developer Guide, "Amazon ECS clusters", Cluster concepts.
    """
    types = sorted({one.launch_type for one in known if isinstance(one, CapacityProvider)})
    if len(types) < 2:  # noqa: PLR2004 - one launch type is no mix
        return None
    return (
        f"launch tasks on {' and on '.join(in_words((each,)) for each in types)}; a strategy has providers of one kind"
    )


def address_problem(types: LaunchTypes) -> str | None:
    """Return why tasks of these launch types can have no public address; None when they can.

    ECS refuses it with "Assign public IP is not supported for this launch type" (aws-cdk, issues 13348 and 35644).
    """
    if LaunchType.FARGATE in types:
        return None
    return f"tasks on {in_words(types)} get no public address; must be false, and the subnets need another way out"


def name_problem(provider: str) -> str | None:
    """Return why no capacity provider can have this name; None when one can."""
    if provider in PROVIDERS or not provider.lower().startswith(_RESERVED):
        return None
    return "no such capacity provider" + accepted(provider.upper().replace("-", "_"), PROVIDERS)


def cluster_problem(
    provider: str, cluster: str, of_cluster: Collection[str], known: Answer[CapacityProvider] | None = None
) -> str | None:
    """Return why tasks cannot run on this provider in a cluster that has the providers `of_cluster`; None if they can.

    `FARGATE` and `FARGATE_SPOT` too must be associated with the cluster (ECS API reference,
    CapacityProviderStrategyItem). One of Managed Instances is made for its cluster, and is not associated (ECS API
    reference, PutClusterCapacityProviders). `known` is the provider itself, if it was looked up.
    """
    if isinstance(known, CapacityProvider) and known.cluster:
        alone = f"serves the cluster '{known.cluster}' alone, and not '{cluster}'; make one for this cluster"
        return None if known.cluster == cluster else alone
    if provider in of_cluster:
        return None
    others = f"it has: {listed(sorted(of_cluster))}" if of_cluster else "it has none"
    return f"the cluster '{cluster}' does not have this capacity provider ({others}); associate it with the cluster"


def system_problem(provider: str, family: str, types: LaunchTypes = ON_FARGATE, *, windows: bool) -> str | None:
    """Return why tasks of a task definition, whose containers run on Windows or not, cannot run on this provider.

    `types` are the launch types of the strategy that it is part of.
    """
    if windows and provider == SPOT:
        return f"runs no Windows containers, as those of '{family}' are; use FARGATE alone"
    if windows and types == (LaunchType.MANAGED_INSTANCES,):
        return f"runs no Windows containers, as those of '{family}' are: Managed Instances have Linux alone"
    return None
