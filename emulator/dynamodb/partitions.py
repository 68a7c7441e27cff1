"""Queries that read only their own partition, and copy nothing.

Moto compares and sorts all items of a table for each query, so that the queries of a table with a history become slow.
It also copies each item that it returns, and measures it several times.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table

from emulator.dynamodb.drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from moto.dynamodb.models.dynamo_type import DynamoType

_TEXT = "S"
"""The type of text. Moto can always look up partition keys of this type; a number in a request may be none."""


@contextmanager
def queried() -> Iterator[None]:
    """Let queries of a table, but not of its indexes, read only the partition that they name."""
    query = Table.query
    parameters = signature(query)

    @wraps(query)
    def query_partition(*given: Any, **named: Any) -> object:  # noqa: ANN401 - as moto
        asked = parameters.bind(*given, **named).arguments
        key = asked["hash_key"]
        if asked.get("index_name") is None and key is not None and key.type == _TEXT:
            given = (_Partition.of_key(asked["self"], key), *given[1:])
        return query(*given, **named)

    setattr(Table, query.__name__, query_partition)
    try:
        yield
    finally:
        setattr(Table, query.__name__, query)


class _Partition(Draft):
    """A table with the items of one partition."""

    @classmethod
    def of_key(cls, table: Table, key: DynamoType) -> Self:
        """Return a draft with the items that have this partition key."""
        if key not in table.items:
            return cls.of(table, {})
        found: Any = table.items[key]
        read = (
            ReadItem.of(found) if isinstance(found, Item) else {name: ReadItem.of(one) for name, one in found.items()}
        )
        return cls.of(table, {key: read})

    def all_items(self) -> list[Item]:
        """Return the items in any order. A query sorts them by its own key."""
        each = self.items.values()
        return [item for one in each for item in ([one] if isinstance(one, Item) else one.values())]


class ReadItem(Item):
    """An item of a table within one query. Nothing changes it meanwhile, because requests wait for each other."""

    _size: int | None

    @classmethod
    def of(cls, item: Item) -> Self:
        """Return the item itself, with the same attributes."""
        read = object.__new__(cls)
        read.__dict__ = {**vars(item), "_size": None}
        return read

    def __deepcopy__(self, _: object) -> Self:
        """Return the item itself."""
        return self

    def size(self) -> int:
        """Return the item's size in bytes, measured once. Moto needs several steps for each text, the usual value."""
        if self._size is None:
            self._size = sum(
                len(name.encode()) + (len(value.value.encode()) if value.type == _TEXT else value.size())
                for name, value in self.attrs.items()
            )
        return self._size
