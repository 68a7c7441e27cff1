"""GetResource of the Cloud Control API, for the types that a preview asks for. moto has nothing of this API."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.provider.core.clients import Aws, Clients
from emulator.provider.types.cloudcontrol import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.iam.credentials import Credentials


def install(gateway: Gateway, endpoint: str, credentials: Credentials) -> None:
    """Answer GetResource with calls of the services whose resources are asked for, as the API makes them."""
    gateway.answer("cloudcontrol", "GetResource", partial(_get, partial(Aws, Clients(endpoint, credentials))))


def _get(in_region: Callable[[str], Aws], call: Call) -> dict[str, Any]:
    kind, identifier = call.params["TypeName"], call.params["Identifier"]
    if kind not in TYPES:
        raise AwsError("UnsupportedActionException", f"The sandbox does not read resources of type {kind}.")
    primary, read = TYPES[kind]
    found = read(in_region(call.region), identifier)
    if found is None:
        message = f"Resource of type '{kind}' with identifier '{identifier}' was not found."
        raise AwsError("ResourceNotFoundException", message)
    return {
        "TypeName": kind,
        "ResourceDescription": {"Identifier": found[primary], "Properties": json.dumps(found)},
    }
