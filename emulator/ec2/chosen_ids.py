"""Ids of subnets and security groups that the caller chooses, so that stack config can name them before they exist."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from moto.ec2.models import security_groups, subnets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from emulator.gateway.gateway import Call, Gateway

TAG = "sandbox:id"
"""The tag whose value becomes the id."""

_chosen = threading.local()


def install(gateway: Gateway) -> None:
    """Read the tag from the requests that create subnets and security groups."""
    for operation in ("CreateSubnet", "CreateSecurityGroup"):
        gateway.check("ec2", operation, _note)


@contextmanager
def honoured() -> Iterator[None]:
    """Make moto use the chosen id for the next subnet or security group."""
    with (
        _replaced(subnets, "random_subnet_id"),
        _replaced(security_groups, "random_security_group_id"),
    ):
        yield


def _note(call: Call) -> None:
    tags = [tag for given in call.params.get("TagSpecifications", []) for tag in given.get("Tags", [])]
    _chosen.id = next((tag["Value"] for tag in tags if tag["Key"] == TAG), None)


@contextmanager
def _replaced(module: ModuleType, name: str) -> Iterator[None]:
    random_id: Callable[[], str] = getattr(module, name)

    def next_id() -> str:
        chosen: str | None = getattr(_chosen, "id", None)
        _chosen.id = None
        return chosen or random_id()

    setattr(module, name, next_id)
    try:
        yield
    finally:
        setattr(module, name, random_id)
