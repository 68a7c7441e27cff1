"""Queries that read only their own partition.

Moto compares and sorts all items of a table for each query, so that the queries of a table with a history become slow.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.table import Table

from emulator.dynamodb.drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT = "S"
"""The type of the partition keys that moto can always look up. A number in a request, for example, may be none."""


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
            table = asked["self"]
            items = {key: table.items[key]} if key in table.items else {}
            given = (Draft.of(table, items), *given[1:])
        return query(*given, **named)

    setattr(Table, query.__name__, query_partition)
    try:
        yield
    finally:
        setattr(Table, query.__name__, query)
