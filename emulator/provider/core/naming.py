"""Names that the provider invents for resources whose program gives none."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final, NamedTuple

from pulumi.runtime.proto import provider_pb2

from emulator.provider.core.errors import ProviderError

RANDOM_DIGITS: Final = 7
"""Hexadecimal digits after the logical name, as pulumi-aws appends them."""


class AutoName(NamedTuple):
    """Which property gets an invented name, how long it may be, and what it must end in for a FIFO resource."""

    max_length: int
    name_property: str = "name"
    fifo_property: str = ""

    def suffix(self, inputs: dict[str, object]) -> str:
        """Give the ending that AWS demands of the name, given the other inputs."""
        return ".fifo" if self.fifo_property and inputs.get(self.fifo_property) is True else ""


def invent(rule: AutoName, inputs: dict[str, object], request: provider_pb2.CheckRequest) -> str:
    """Give `<logical name>-<7 hex>`, or what the stack's autonaming configuration asks for.

    The digits come from the engine's seed, so that a preview and the update after it agree.
    Raises ProviderError when the name is longer than AWS takes, or when the stack forbids invented names.
    """
    logical = request.name or request.urn.rsplit("::", 1)[-1]
    suffix = rule.suffix(inputs)
    name = _configured(logical, request)
    if name is None:
        seed = request.randomSeed or secrets.token_bytes(32)
        name = f"{logical}-{hashlib.sha256(seed + logical.encode()).hexdigest()[:RANDOM_DIGITS]}"
    name += suffix
    if len(name) > rule.max_length:
        message = (
            f"the name {name!r} made for {logical!r} is {len(name)} characters, longer than the maximum of "
            f"{rule.max_length}; give {rule.name_property!r} explicitly or shorten the logical name"
        )
        raise ProviderError(message)
    return name


def _configured(logical: str, request: provider_pb2.CheckRequest) -> str | None:
    if not request.HasField("autonaming"):
        return None
    options = request.autonaming
    if options.mode == provider_pb2.CheckRequest.AutonamingOptions.DISABLE:
        message = f"automatic naming is disabled but no name was given for {logical!r}"
        raise ProviderError(message)
    return options.proposed_name or None
