"""Which capacity providers a placement may name. Pure."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from settings import accepted

if TYPE_CHECKING:
    from collections.abc import Collection

FARGATE = ("FARGATE", "FARGATE_SPOT")
"""AWS's own, in every account (ECS Developer Guide, Fargate capacity providers)."""

_RESERVED = ("aws", "ecs", "fargate")
"""What no other capacity provider's name may begin with (ECS API reference, CreateCapacityProvider)."""


def is_fargate(providers: Collection[str]) -> bool:
    """Tell whether tasks run on Fargate: also when no provider is named."""
    return all(provider in FARGATE for provider in providers)


def problem(provider: str) -> str | None:
    """Say why there can be no capacity provider of this name."""
    if provider in FARGATE or not provider.lower().startswith(_RESERVED):
        return None
    return "no such capacity provider" + accepted(provider.upper().replace("-", "_"), FARGATE)


def warning(provider: str, of_service: Collection[str]) -> str | None:
    """Say that a name could not be checked: it is neither AWS's nor in the strategy of the placement's service."""
    if provider in FARGATE or provider in of_service:
        return None
    near = difflib.get_close_matches(provider.upper().replace("-", "_"), FARGATE, n=1)
    guess = f"; did you mean '{near[0]}'?" if near else ""
    return f"not checked: it is not AWS's, and no service of the placement uses it{guess}"
