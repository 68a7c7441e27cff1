"""The capacity provider strategies of services, which moto neither checks nor keeps."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.ecs.models import EC2ContainerServiceBackend, Service, ecs_backends

from emulator.ecs import capacity
from emulator.gateway.gateway import AwsError, Call, Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REPLACED = ("create_service", "update_service")
_called_for = threading.local()
"""The strategy of the call that this thread answers."""


def install(gateway: Gateway) -> None:
    """Check the strategies of created and updated services."""
    for operation in ("CreateService", "UpdateService"):
        gateway.check("ecs", operation, _check)


@contextmanager
def kept() -> Iterator[None]:
    """Make moto keep and show the strategy of a service."""
    originals = [getattr(EC2ContainerServiceBackend, name) for name in _REPLACED]
    for name, original in zip(_REPLACED, originals, strict=True):
        setattr(EC2ContainerServiceBackend, name, _keeping(original))
    try:
        yield
    finally:
        for name, original in zip(_REPLACED, originals, strict=True):
            setattr(EC2ContainerServiceBackend, name, original)


def _check(call: Call) -> None:
    params = call.params
    strategy, launch_type = params.get("capacityProviderStrategy") or [], params.get("launchType")
    if strategy and launch_type:
        raise AwsError(
            "InvalidParameterException", "Specify either a launchType or a capacityProviderStrategy, but not both."
        )
    name = params.get("cluster", "default").rpartition("/")[2]
    cluster = ecs_backends[call.account][call.region].clusters.get(name)
    if cluster is not None:  # moto refuses a call for an unknown cluster
        if call.operation == "CreateService" and not launch_type:
            strategy = strategy or cluster.default_capacity_provider_strategy or []
        capacity.check_strategy(strategy, cluster.capacity_providers or [])
    _called_for.strategy = capacity.described(strategy)


def _keeping(original: Callable[..., Service]) -> Callable[..., Service]:
    def keep(*given: Any, **named: Any) -> Service:  # noqa: ANN401 - as the original takes them
        service = original(*given, **named)
        if _called_for.strategy:
            # ECS describes a strategy or a launch type.
            vars(service).update(capacity_provider_strategy=_called_for.strategy, launch_type=None)
        return service

    return keep
