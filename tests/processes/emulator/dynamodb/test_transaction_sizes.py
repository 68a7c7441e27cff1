"""A transaction has at most a hundred items, which have 4 MB at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes.emulator.world import client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

MOST = 4 * 1024 * 1024
NAMES = len("pk") + len("s") + len("x")
"""The bytes of an item besides its large attribute."""


def write(items: int, size: int) -> None:
    """Put items that have this size together, in one transaction."""
    each = [size // items] * (items - 1) + [size - size // items * (items - 1)]
    puts = [
        {"Put": {"TableName": "t", "Item": {"pk": {"S": chr(0x21 + number)}, "s": {"S": "x" * (one - NAMES)}}}}
        for number, one in enumerate(each)
    ]
    client("dynamodb").transact_write_items(TransactItems=puts)


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


def stored() -> int:
    """Return the number of items."""
    pages = client("dynamodb").get_paginator("scan").paginate(TableName="t", Select="COUNT")
    return sum(page["Count"] for page in pages)


def test_size() -> None:
    """Items of 4 MB are written. One byte more is refused, and nothing is written."""
    code, message = refusal(lambda: write(16, MOST + 1))
    assert (code, stored()) == ("ValidationException", 0)
    assert message == "The aggregate size of the items in the transaction exceeds 4 MB."
    write(16, MOST)
    assert stored() == 16


def test_number() -> None:
    """A hundred items are written, one more is refused."""
    assert refusal(lambda: write(101, 10_000))[0] == "ValidationException"
    write(100, 10_000)
    assert stored() == 100
