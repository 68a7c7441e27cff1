"""Names that the provider generates for resources to which the program gives no name."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final, NamedTuple

from pulumi.runtime.proto import provider_pb2

from emulator.provider.core.errors import ProviderError

RANDOM_DIGITS: Final = 7
"""The number of hexadecimal digits that pulumi-aws appends to the logical name."""


class AutoName(NamedTuple):
    """The property that gets a generated name, the longest length of it, and the property that marks FIFO resources."""

    max_length: int
    name_property: str = "name"
    fifo_property: str = ""

    def suffix(self, inputs: dict[str, object]) -> str:
        """Return the suffix that AWS requires for the name, given the other inputs."""
        return ".fifo" if self.fifo_property and inputs.get(self.fifo_property) is True else ""


def invent(rule: AutoName, inputs: dict[str, object], request: provider_pb2.CheckRequest) -> str:
    """Return `<logical name>-<7 hex>`, or the name that the stack's autonaming configuration proposes.

    The digits come from the engine's seed, so that a preview and the update after it have the same name.
    Raises ProviderError when the name is too long for AWS, or when the stack forbids generated names.
    """
    logical = request.name or request.urn.rsplit("::", 1)[-1]
    suffix = rule.suffix(inputs)
    name = _configured(logical, request)
    if name is None:
        seed = request.randomSeed or secrets.token_bytes(32)
        name = f"{logical}-{hashlib.sha256(seed + logical.encode()).hexdigest()[:RANDOM_DIGITS]}"
    name += suffix
    if len(name) > rule.max_length:
        raise ProviderError(
            f"the name {name!r} generated for {logical!r} has {len(name)} characters, more than the maximum of "
            f"{rule.max_length}; set {rule.name_property!r} explicitly or shorten the logical name"
        )
    return name


def _configured(logical: str, request: provider_pb2.CheckRequest) -> str | None:
    if not request.HasField("autonaming"):
        return None
    options = request.autonaming
    if options.mode == provider_pb2.CheckRequest.AutonamingOptions.DISABLE:
        raise ProviderError(f"automatic naming is disabled but no name was given for {logical!r}")
    return options.proposed_name or None
