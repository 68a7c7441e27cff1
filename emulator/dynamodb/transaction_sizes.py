"""The largest transaction: the items that a TransactWriteItems request names have 4 MB at most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.utilities import bytesize

from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.gateway.gateway import Call, Gateway

_LARGEST = 4 * 1024 * 1024
"""DynamoDB API reference, TransactWriteItems. The sandbox counts new items whole, and others by their keys alone."""


def install(gateway: Gateway) -> None:
    """Refuse larger transactions."""
    gateway.check("dynamodb", "TransactWriteItems", _check)


def _check(call: Call) -> None:
    contents = [content for item in call.params["TransactItems"] for content in item.values()]
    if sum(_size(content.get("Item") or content.get("Key") or {}) for content in contents) > _LARGEST:
        raise AwsError("ValidationException", "The aggregate size of the items in the transaction exceeds 4 MB.")


def _size(attributes: Mapping[str, Any]) -> int:
    return sum(bytesize(name) + DynamoType(value).size() for name, value in attributes.items())
