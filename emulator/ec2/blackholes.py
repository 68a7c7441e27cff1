"""Routes whose target is gone are black holes: they take all traffic and pass none. moto calls them active."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from moto.ec2.models.internet_gateways import InternetGateway
from moto.ec2.models.route_tables import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLACKHOLE = "blackhole"
_GONE = ("deleting", "deleted", "failed")
"""States of a NAT gateway that passes no traffic (EC2 API reference, NatGateway, state)."""


@contextmanager
def shown() -> Iterator[None]:
    """Make moto tell the state of routes through NAT and internet gateways (EC2 API reference, Route, state)."""
    original = Route.state

    def state(route: Route) -> str:
        return _BLACKHOLE if _is_gone(route) else str(original.__get__(route))

    Route.state = property(state)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Route.state = original  # type: ignore[method-assign]


def _is_gone(route: Route) -> bool:
    """Return whether a NAT gateway is deleted, or an internet gateway is not attached to a VPC."""
    if route.nat_gateway is not None:
        return route.nat_gateway.state in _GONE
    gateway: object = route.gateway
    return isinstance(gateway, InternetGateway) and not gateway.attachments
