"""Ids of subnets, security groups and keys that the caller chooses, so that stack config can name them beforehand."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from moto.ec2.models import security_groups, subnets
from moto.kms import models as keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from emulator.gateway.gateway import Call, Gateway

TAG = "sandbox:id"
"""The tag whose value becomes the id."""

_chosen = threading.local()


def install(gateway: Gateway) -> None:
    """Read the tag from the requests that create subnets, security groups and keys."""
    for service, operation in (("ec2", "CreateSubnet"), ("ec2", "CreateSecurityGroup"), ("kms", "CreateKey")):
        gateway.check(service, operation, _note)


@contextmanager
def honoured() -> Iterator[None]:
    """Make moto use the chosen id for the next subnet, security group or key."""
    with (
        _replaced(subnets, "random_subnet_id"),
        _replaced(security_groups, "random_security_group_id"),
        _replaced(keys, "generate_key_id"),
    ):
        yield


def _note(call: Call) -> None:
    tags = [
        (tag["Key"], tag["Value"]) for one in call.params.get("TagSpecifications", []) for tag in one.get("Tags", [])
    ]
    tags += [(tag["TagKey"], tag["TagValue"]) for tag in call.params.get("Tags", [])]
    _chosen.id = dict(tags).get(TAG)


@contextmanager
def _replaced(module: ModuleType, name: str) -> Iterator[None]:
    random_id: Callable[..., str] = getattr(module, name)

    def next_id(*given: object) -> str:
        chosen: str | None = getattr(_chosen, "id", None)
        _chosen.id = None
        return chosen or random_id(*given)

    setattr(module, name, next_id)
    try:
        yield
    finally:
        setattr(module, name, random_id)
