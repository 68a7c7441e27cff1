"""The condition key dynamodb:LeadingKeys: the values of a table's partition key that a request names.

Follows "Using IAM policy conditions for fine-grained access control" of the DynamoDB Developer Guide. A Scan names no
key, so a condition on this key does not keep a role that may scan from any item.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from moto.dynamodb.exceptions import ResourceNotFoundException
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.parsing.key_condition_expression import parse_expression

if TYPE_CHECKING:
    from emulator.gateway.gateway import Call

Context = Mapping[str, "str | list[str]"]
"""The key with its values; empty when the request names none, or is about a table that does not exist."""

Attributes = Mapping[str, Mapping[str, Any]]
"""Attribute values by name: an item, or a key."""

_LEADING_KEYS = "dynamodb:LeadingKeys"


def of_items(call: Call, table: str, items: Iterable[Attributes]) -> Context:
    """Return the context of a request about some items of a table, which are given whole or by their keys."""
    key = _partition_key(_schema(call, table))
    return _context(item[key] for item in items if key in item)


def of_query(call: Call) -> Context:
    """Return the context of a Query, from its key condition in either form."""
    params = call.params
    schema = _schema(call, params["TableName"], params.get("IndexName"))
    key = _partition_key(schema)
    if "KeyConditionExpression" not in params:
        conditions = params.get("KeyConditions", {})
        return _context(conditions[key]["AttributeValueList"] if key in conditions else [])
    try:
        found, _, _ = parse_expression(
            params["KeyConditionExpression"],
            params.get("ExpressionAttributeValues", {}),
            params.get("ExpressionAttributeNames", {}),
            schema,
        )
    except Exception:  # noqa: BLE001 - moto's parser raises one of many kinds, and fails again when moto answers
        return {}
    return _context(value for name, value in found if name == key)


def _context(values: Iterable[Mapping[str, Any]]) -> Context:
    texts = [_text(content) for value in values for content in value.values()]
    return {_LEADING_KEYS: texts} if texts else {}


def _text(content: str | bytes) -> str:
    return base64.b64encode(content).decode() if isinstance(content, bytes) else content


def _schema(call: Call, table: str, index: str | None = None) -> list[dict[str, str]]:
    """Return the key schema of a table or of its index; empty when there is none."""
    try:
        schema: list[dict[str, str]] = dynamodb_backends[call.account][call.region].get_schema(table, index)
    except ResourceNotFoundException:
        return []
    return schema


def _partition_key(schema: Iterable[Mapping[str, str]]) -> str:
    """Return the name of the first partition key, which is the only one that the condition key is about."""
    return next((each["AttributeName"] for each in schema if each["KeyType"] == "HASH"), "")
