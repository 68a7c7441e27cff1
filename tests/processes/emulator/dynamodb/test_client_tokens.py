"""A transaction with a token is carried out once, however often it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

CONTENT = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
MISMATCH = "IdempotentParameterMismatchException"


@pytest.fixture(autouse=True)
def table(world: World) -> World:
    """Create a table."""
    client("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return world


def add(token: str, *, to: str = "a", **more: Any) -> None:  # noqa: ANN401 - members of the item
    """Add 1 to an item, in a transaction."""
    update = {"TableName": "t", "Key": {"pk": {"S": to}}, **CONTENT, **more}
    client("dynamodb").transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken=token)


def count(item: str = "a") -> str | None:
    """Return the number in an item."""
    found = client("dynamodb").get_item(TableName="t", Key={"pk": {"S": item}}).get("Item", {})
    number: str | None = found.get("n", {}).get("N")
    return number


def test_same_token() -> None:
    """The second of two equal requests succeeds and changes nothing; another token is another transaction."""
    add("one")
    add("one")
    assert count() == "1"
    add("two")
    assert count() == "2"


def test_other_content() -> None:
    """A used token with other parameters is refused, and nothing is changed."""
    add("one")
    assert refusal(lambda: add("one", to="b"))[0] == MISMATCH
    assert (count("a"), count("b")) == ("1", None)


def test_end_of_a_token(table: World) -> None:
    """After ten minutes of the sandbox's time, a token is new."""
    add("one")
    table.advance(minutes=9, seconds=59)
    add("one")
    assert count() == "1"
    table.advance(seconds=1)
    add("one")
    assert count() == "2"


def test_cancelled() -> None:
    """A cancelled transaction does not use its token up."""
    only_new = {"ConditionExpression": "attribute_exists(pk)"}
    assert refusal(lambda: add("one", **only_new))[0] == "TransactionCanceledException"
    add("two")
    add("one", **only_new)
    assert count() == "2"
