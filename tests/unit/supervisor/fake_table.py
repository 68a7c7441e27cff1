"""A table of DynamoDB in memory, which understands the expressions that the claims of the product use."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Item = dict[str, dict[str, Any]]


class _Exceptions:
    """The errors that boto3's client names."""

    class ConditionalCheckFailedException(ClientError):  # noqa: N818 - as boto3
        """The condition does not hold."""

    class ResourceNotFoundException(ClientError):  # noqa: N818 - as boto3
        """There is no such table."""


class FakeTable:
    """The client of DynamoDB for one table. `ask` is called with the operation before it is made, and may refuse it."""

    exceptions = _Exceptions

    def __init__(self, name: str, ask: Callable[[str], None] = lambda _: None) -> None:
        """Make an empty table."""
        self._name, self.ask = name, ask
        self.items: dict[str, Item] = {}
        """By the value of the key."""
        self.gone = False
        """Whether somebody has deleted the table."""

    def get_item(self, *, TableName: str, Key: Mapping[str, Any], ConsistentRead: bool) -> dict[str, Any]:  # noqa: N803
        """Return an item."""
        assert ConsistentRead, "a claim is judged as it is now"
        self._begin("GetItem", TableName)
        [named] = Key.values()
        return {"Item": copy.deepcopy(self.items[named["S"]])} if named["S"] in self.items else {}

    def update_item(
        self,
        *,
        TableName: str,  # noqa: N803
        Key: Mapping[str, Any],  # noqa: N803
        UpdateExpression: str,  # noqa: N803
        ConditionExpression: str,  # noqa: N803
        ExpressionAttributeNames: Mapping[str, str],  # noqa: N803
        ExpressionAttributeValues: Mapping[str, Any],  # noqa: N803
    ) -> None:
        """Change an item, or make it, if the condition holds."""
        self._begin("UpdateItem", TableName)
        [(key, named)] = Key.items()
        known = self.items.get(named["S"], {})
        used = set(re.findall(r"[#:]\w+", f"{UpdateExpression} {ConditionExpression}"))
        assert used == {*ExpressionAttributeNames, *ExpressionAttributeValues}, "DynamoDB refuses what is not used"

        def value(text: str) -> Any:  # noqa: ANN401 - an attribute of an item
            if text.startswith(":"):
                return ExpressionAttributeValues[text]
            kept = re.fullmatch(r"if_not_exists\((#\w+), (:\w+)\)", text)
            if kept:
                return known.get(ExpressionAttributeNames[kept[1]], ExpressionAttributeValues[kept[2]])
            return known.get(ExpressionAttributeNames[text])

        def holds(condition: str) -> bool:
            absent = re.fullmatch(r"attribute_not_exists\((#\w+)\)", condition)
            if absent:
                return value(absent[1]) is None
            one_of = re.fullmatch(r"(#\w+) IN \((.+)\)", condition)
            if one_of:
                return value(one_of[1]) in [value(one) for one in one_of[2].split(", ")]
            left, right = condition.split(" = ")
            return bool(value(left) == value(right))

        if not all(holds(one) for one in ConditionExpression.split(" AND ")):
            raise self.exceptions.ConditionalCheckFailedException({"Error": {}}, "UpdateItem")
        parts = re.split(r", (?=#)", UpdateExpression.removeprefix("SET "))
        changed = {ExpressionAttributeNames[name]: value(new) for name, new in (part.split(" = ") for part in parts)}
        self.items[named["S"]] = {key: named, **known, **changed}
        self.ask("UpdateItem made")

    def _begin(self, operation: str, table: str) -> None:
        assert table == self._name
        self.ask(operation)
        if self.gone:
            raise self.exceptions.ResourceNotFoundException({"Error": {}}, operation)
