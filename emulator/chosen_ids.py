"""Ids of subnets, security groups, keys and secrets that the caller chooses, so that stack config can name them."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from moto.ec2.models import security_groups, subnets
from moto.kms import models as keys
from moto.secretsmanager import utils as secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from emulator.gateway.gateway import Call, Gateway

TAG = "sandbox:id"
"""The tag whose value becomes the id. Of a secret it becomes the end of the ARN, after the name."""

_chosen = threading.local()


def install(gateway: Gateway) -> None:
    """Read the tag from the requests that create subnets, security groups, keys and secrets."""
    for service, operation in (
        *(("ec2", "CreateSubnet"), ("ec2", "CreateSecurityGroup"), ("kms", "CreateKey")),
        ("secretsmanager", "CreateSecret"),
    ):
        gateway.check(service, operation, _note)


@contextmanager
def honoured() -> Iterator[None]:
    """Make moto use the chosen id for the next subnet, security group, key or secret."""
    with (
        _replaced(subnets, "random_subnet_id"),
        _replaced(security_groups, "random_security_group_id"),
        _replaced(keys, "generate_key_id"),
        _replaced(secrets, "generate_str_id"),
    ):
        yield


def _note(call: Call) -> None:
    tags = [
        (tag["Key"], tag["Value"]) for one in call.params.get("TagSpecifications", []) for tag in one.get("Tags", [])
    ]
    tags += [
        (tag.get("TagKey") or tag.get("Key"), tag.get("TagValue") or tag.get("Value"))
        for tag in call.params.get("Tags") or []
    ]
    _chosen.id = dict(tags).get(TAG)


@contextmanager
def _replaced(module: ModuleType, name: str) -> Iterator[None]:
    random_id: Callable[..., str] = getattr(module, name)

    def next_id(*given: object, **named: object) -> str:
        chosen: str | None = getattr(_chosen, "id", None)
        _chosen.id = None
        return chosen or random_id(*given, **named)

    setattr(module, name, next_id)
    try:
        yield
    finally:
        setattr(module, name, random_id)
