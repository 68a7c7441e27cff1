"""DynamoDB's isolation: requests that run at once have a result that they could have one after another.

Follows "Isolation levels for transactions" of the DynamoDB Developer Guide, but serializes more than DynamoDB does.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType

from emulator.dynamodb.drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from moto.dynamodb.models.table import Table

    from emulator.gateway.gateway import Gateway

Key = tuple[DynamoType, DynamoType | None]
"""The values of the hash key and the range key, which is None in tables without one."""


def install(gateway: Gateway) -> None:
    """Let no two requests run at once: in moto, one reads what another is about to change."""
    gateway.answer_in_turn("dynamodb")


@contextmanager
def drafting() -> Iterator[None]:
    """Carry out transactions on drafts, because moto copies every table once for each item of a transaction."""
    carry_out = DynamoDBBackend.transact_write_items

    def transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        keys = _keys(backend, transact_items)
        tables = backend.tables
        drafts = {name: _draft(tables[name], of_table) for name, of_table in keys.items()}
        backend.tables = {**tables, **drafts}
        try:
            carry_out(backend, transact_items)
        finally:
            backend.tables = tables
        for name, of_table in keys.items():
            for key in of_table:
                _store(tables[name], key, drafts[name])

    setattr(DynamoDBBackend, carry_out.__name__, transact)
    try:
        yield
    finally:
        setattr(DynamoDBBackend, carry_out.__name__, carry_out)


def _draft(table: Table, keys: Sequence[Key]) -> Draft:
    """Return a draft of the items with these keys."""
    draft = Draft.of(table, defaultdict(dict))
    for key in keys:
        _store(draft, key, table)
    return draft


def _store(target: Table, key: Key, source: Table) -> None:
    """Make the item with this key in `target` equal to the one in `source`."""
    item = copy.deepcopy(source.get_item(*key))
    hash_key, range_key = key
    items: dict[DynamoType, Any] = target.items
    if item is None:
        target.delete_item(hash_key, range_key)
    elif range_key is None:
        items[hash_key] = item
    else:
        items[hash_key][range_key] = item


def _keys(backend: DynamoDBBackend, transact_items: Sequence[Mapping[str, Any]]) -> dict[str, list[Key]]:
    """Return the keys of a transaction's items by table; moto refuses items without a table or a key."""
    found: dict[str, list[Key]] = {}
    tables = {name: table for table in backend.tables.values() for name in (table.name, table.table_arn)}
    for of_item in (content for item in transact_items for content in item.values()):
        table = tables.get(of_item["TableName"])
        key = None if table is None else _key(table, of_item.get("Item") or of_item.get("Key") or {})
        if table is not None and key is not None:
            found.setdefault(table.name, []).append(key)
    return found


def _key(table: Table, item: Mapping[str, Any]) -> Key | None:
    if not all(name in item for name in table.table_key_attrs):
        return None
    range_key = None if table.range_key_attr is None else DynamoType(item[table.range_key_attr])
    return DynamoType(item[table.hash_key_attr]), range_key
