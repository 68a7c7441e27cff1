"""The capacity of a placement: capacity providers with their weights and bases."""

from __future__ import annotations

from typing import Annotated

import pydantic
from pydantic import Field

from aws_facts.fargate import PROVIDERS
from settings.limits import CapacityProvider
from settings.section import Section

_MOST = 20
"""The most capacity providers of a strategy (ECS API reference, RunTask, capacityProviderStrategy)."""

Weight = Annotated[int, Field(ge=0, le=1000)]
"""The range of ECS API reference, CapacityProviderStrategyItem."""


class CapacityShare(Section):
    """The share of a capacity provider."""

    weight: Weight = 0
    """The share of the tasks after the base, in relation to the other weights."""
    base: Annotated[int, Field(ge=0, le=100000)] = 0
    """How many tasks of a call go to this provider first. Only one provider can have a base."""


def _form_of(share: object) -> str | None:
    if isinstance(share, int | str | float):
        return "[number]"
    return "[mapping]" if isinstance(share, dict | CapacityShare) else None


_Share = Annotated[
    Annotated[Weight, pydantic.Tag("[number]")] | Annotated[CapacityShare, pydantic.Tag("[mapping]")],
    pydantic.Discriminator(
        _form_of,
        custom_error_type="capacity_share",
        custom_error_message="must be a weight, such as 1, or a mapping with weight and base",
    ),
]


def _can_be_met(shares: dict[str, int | CapacityShare]) -> dict[str, int | CapacityShare]:
    """Check ECS's rules for the strategy as a whole (ECS API reference, CapacityProviderStrategyItem)."""
    if len(shares) > _MOST:
        raise ValueError(f"has {len(shares)} capacity providers; must be at most {_MOST}")
    if not any(share if isinstance(share, int) else share.weight for share in shares.values()):
        raise ValueError("at least one weight must be greater than 0")
    based = [name for name, share in shares.items() if isinstance(share, CapacityShare) and share.base]
    if len(based) > 1:
        raise ValueError(f"only one capacity provider can have a base; {' and '.join(based)} have one")
    others = [provider for provider in shares if provider not in PROVIDERS]
    if others and len(others) < len(shares):
        raise ValueError("FARGATE and FARGATE_SPOT cannot be combined with other capacity providers")
    return shares


Capacity = Annotated[dict[CapacityProvider, _Share], Field(min_length=1), pydantic.AfterValidator(_can_be_met)]
