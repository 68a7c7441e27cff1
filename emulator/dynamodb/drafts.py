"""Drafts: moto's tables with only some of their items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from moto.dynamodb.models.dynamo_type import DynamoType


class Draft(Table):
    """A table with some of the items of another. It is thrown away, so moto need not keep a copy of it."""

    @classmethod
    def of(cls, table: Table, items: Mapping[DynamoType, Any]) -> Self:
        """Return a draft with these items, as the table holds them: by partition key, and then by sort key."""
        draft = object.__new__(cls)
        draft.__dict__ = {**table.__dict__, "items": items}
        return draft

    def __deepcopy__(self, _: object) -> Self:
        """Return the draft itself."""
        return self
