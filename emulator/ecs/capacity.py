"""The checks of a capacity provider strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


def check_strategy(strategy: Sequence[Mapping[str, Any]], associated: Collection[str]) -> None:
    """Raise ECS's error for a strategy with a capacity provider that is not associated with the cluster."""
    if any(item["capacityProvider"] not in associated for item in strategy):
        raise AwsError(
            "InvalidParameterException",
            "The specified capacity provider strategy cannot contain a capacity provider that is not associated with "
            "the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and "
            "try again.",
        )
