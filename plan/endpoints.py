"""Converts the endpoints of config into those of the components. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.subscriptions import Endpoint
from settings.endpoints import address_of

if TYPE_CHECKING:
    from settings import AlertSettings
    from settings.endpoints import AnyEndpoint


def of(alerts: AlertSettings) -> list[Endpoint]:
    """Return the endpoints of a stack."""
    return [_endpoint(protocol, given) for protocol, given in alerts.endpoints()]


def _endpoint(protocol: str, given: AnyEndpoint) -> Endpoint:
    """Return an endpoint of config as an `Endpoint`."""
    address = address_of(given)
    if protocol == "https":
        protocol = address.partition(":")[0]  # plain http on loopback
    if isinstance(given, str):
        return Endpoint(protocol=protocol, to=address)
    return Endpoint(
        protocol=protocol,
        to=address,
        classes=given.classes or (),
        owners=given.owners or (),
        jobs=given.jobs or (),
        severities=given.severities or (),
    )
