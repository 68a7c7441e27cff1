"""Checks the capacity providers that a placement names. Pure."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from settings import accepted

if TYPE_CHECKING:
    from collections.abc import Collection

FARGATE = ("FARGATE", "FARGATE_SPOT")
"""The capacity providers that every account has (ECS Developer Guide, Fargate capacity providers)."""

_RESERVED = ("aws", "ecs", "fargate")
"""Prefixes that no other capacity provider's name may have (ECS API reference, CreateCapacityProvider)."""


def is_fargate(providers: Collection[str]) -> bool:
    """Return whether tasks run on Fargate, which is also true without any provider."""
    return all(provider in FARGATE for provider in providers)


def problem(provider: str) -> str | None:
    """Return why no capacity provider can have this name; None when one can."""
    if provider in FARGATE or not provider.lower().startswith(_RESERVED):
        return None
    return "no such capacity provider" + accepted(provider.upper().replace("-", "_"), FARGATE)


def warning(provider: str, of_service: Collection[str]) -> str | None:
    """Return a warning for a name that cannot be checked; None for AWS's own and those that the service uses."""
    if provider in FARGATE or provider in of_service:
        return None
    near = difflib.get_close_matches(provider.upper().replace("-", "_"), FARGATE, n=1)
    guess = f"; did you mean '{near[0]}'?" if near else ""
    return f"not checked: it is not one of AWS's own, and the placement has no service that uses it{guess}"
