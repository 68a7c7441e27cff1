"""A query of one partition has moto's result, and reads no other partition."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NoReturn, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from emulator.dynamodb import partitions
from tests.unit.emulator.dynamodb import tables
from tests.unit.emulator.dynamodb.tables import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from moto.dynamodb.models.table import Table


class Closed(dict[Any, Any]):
    """A partition that must not be read."""

    def values(self) -> NoReturn:
        """Fail."""
        raise AssertionError("another partition was read")


@pytest.fixture(autouse=True, scope="module")
def stored() -> Iterator[None]:
    """Create the table."""
    with mock_aws():
        tables.create()
        yield


def table() -> Table:
    """Return the table, with no items."""
    found = dynamodb_backends[ACCOUNT][REGION].get_table("t")
    found.items = defaultdict(dict)
    return found


TEXTS = st.sampled_from([{"S": text} for text in "abc"])
OTHERS: list[Mapping[str, Any]] = [{"N": "1"}, {"N": "none"}, {"B": "YQ=="}, {"SS": ["a"]}, {"L": []}]
ITEMS = st.lists(st.fixed_dictionaries({"pk": TEXTS, "sk": TEXTS, "owner": TEXTS}))
QUERIES = st.fixed_dictionaries(
    {
        "key": TEXTS | st.sampled_from(OTHERS),
        "comparison": st.sampled_from([None, "=", "<", ">=", "BEGINS_WITH"]),
        "limit": st.integers(1, 3),
        "after": st.none() | st.just({"pk": {"S": "a"}, "sk": {"S": "b"}}),
        "forward": st.booleans(),
        "index": st.sampled_from([None, None, "i", "j"]),
    }
)


def query(
    table: Table,
    key: Mapping[str, Any],
    *,
    comparison: str | None = None,
    limit: int = 9,
    after: dict[str, Any] | None = None,
    forward: bool = True,
    index: str | None = None,
) -> object:
    """Return the result of a query, or how it failed."""
    named = DynamoType(dict(key))
    try:
        return table.query(
            named,
            comparison,
            [] if comparison is None else [DynamoType({"S": "b"})],
            limit,
            cast("dict[str, Any]", after),
            forward,
            None,
            index,
            hash_key_conditions=[("owner", named)],
        )
    except Exception as error:  # noqa: BLE001 - moto fails in many ways
        return type(error), str(error)


@given(ITEMS, QUERIES)
def test_results(items: list[dict[str, Any]], asked: dict[str, Any]) -> None:
    """Items, count and last key are those of moto, with and without conditions and limits, and of indexes too."""
    queried = table()
    for item in items:
        queried.put_item(item)
    expected = query(queried, **asked)
    with partitions.queried():
        assert query(queried, **asked) == expected


def test_other_partitions() -> None:
    """The items of other partitions are not even listed, and no partition is created."""
    queried = table()
    queried.put_item({"pk": {"S": "a"}, "sk": {"S": "x"}})
    expected = query(queried, {"S": "a"})
    queried.items[DynamoType({"S": "b"})] = Closed()
    with partitions.queried():
        assert query(queried, {"S": "a"}) == expected
        assert query(queried, {"S": "c"}) == ([], 0, None)
    assert len(queried.items) == 2
    assert query(queried, {"S": "a"}) == (AssertionError, "another partition was read")


@given(st.dictionaries(st.sampled_from(["ä", "b", "c"]), TEXTS | st.just({"S": "€"}) | st.sampled_from(OTHERS[::2])))
def test_sizes(attributes: dict[str, Any]) -> None:
    """An item that a query reads has the size that moto measures, on which the end of a page depends."""
    item = Item(DynamoType({"S": "a"}), None, attributes)
    assert partitions.ReadItem.of(item).size() == item.size()
