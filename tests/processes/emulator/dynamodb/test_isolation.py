"""Concurrent requests to DynamoDB have a result that they could have one after another."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models.dynamo_type import Item

from tests.processes.emulator.world import ACCOUNT, REGION, client, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.processes.emulator.world import World

THREADS = 4
ROUNDS = 40


@pytest.fixture(autouse=True)
def table(world: World) -> Iterator[None]:
    """Create a table, and let threads interrupt each other as often as possible."""
    client("dynamodb").create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def key(sort: object, partition: str = "locks") -> dict[str, Any]:
    """Return a key."""
    return {"pk": {"S": partition}, "sk": {"S": str(sort)}}


def at_once(*tasks: Callable[[], object]) -> list[bool]:
    """Do tasks in threads that start together, and return which of them DynamoDB did not refuse."""
    start = threading.Barrier(len(tasks))

    def do(task: Callable[[], object]) -> bool:
        start.wait()
        try:
            task()
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(do, tasks))


def lock(number: int) -> None:
    """Take a lock with a conditional put."""
    client("dynamodb").put_item(TableName="ledger", Item=key(number), ConditionExpression="attribute_not_exists(pk)")


def lock_two(number: int) -> None:
    """Take two locks with a transaction."""
    put = {"TableName": "ledger", "ConditionExpression": "attribute_not_exists(pk)"}
    puts = [{"Put": {**put, "Item": key(f"{number}-{part}")}} for part in "ab"]
    client("dynamodb").transact_write_items(TransactItems=puts)


def count(sorts: str) -> None:
    """Add 1 to two counters in a transaction, many times."""
    update = {
        "TableName": "ledger",
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    for _ in range(ROUNDS):
        updates = [{"Update": {**update, "Key": key(sort, "counters")}} for sort in sorts]
        client("dynamodb").transact_write_items(TransactItems=updates)


def stored(partition: str) -> list[dict[str, Any]]:
    """Return the items of a partition."""
    found: list[dict[str, Any]] = client("dynamodb").query(
        TableName="ledger", KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": partition}}
    )["Items"]
    return found


@pytest.mark.parametrize("take", [lock, lock_two], ids=["put", "transaction"])
def test_a_lock_has_one_owner(take: Callable[[int], None]) -> None:
    """Of several requests that take the same lock at once, exactly one succeeds."""
    winners = [sum(at_once(*[partial(take, number)] * THREADS)) for number in range(ROUNDS)]

    assert winners == [1] * ROUNDS


def test_no_count_is_lost() -> None:
    """Transactions on the same items add up, in whichever order they name the items."""
    assert all(at_once(*[partial(count, "ab"), partial(count, "ba")] * 2))

    assert [item["n"]["N"] for item in stored("counters")] == [str(ROUNDS * 4)] * 2


def test_a_failing_transaction_undoes_only_its_own() -> None:
    """Puts that succeed beside failing transactions stay."""
    never = {"TableName": "ledger", "Key": key("x", "other"), "ConditionExpression": "attribute_exists(pk)"}

    def fail() -> None:
        for number in range(ROUNDS):
            put = {"TableName": "ledger", "Item": key(number, "undone")}
            transaction = [{"Put": put}, {"ConditionCheck": never}]
            code, _ = refusal(partial(client("dynamodb").transact_write_items, TransactItems=transaction))
            assert code == "TransactionCanceledException"

    def put() -> None:
        for number in range(ROUNDS):
            client("dynamodb").put_item(TableName="ledger", Item=key(f"{threading.get_ident()}-{number}", "kept"))

    assert all(at_once(fail, put, fail, put))

    assert (len(stored("kept")), stored("undone")) == (2 * ROUNDS, [])


@pytest.mark.parametrize("fails", [False, True], ids=["carried out", "cancelled"])
@pytest.mark.parametrize("name", ["ledger", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/ledger"], ids=["name", "ARN"])
def test_all_or_nothing(name: str, fails: bool) -> None:  # noqa: FBT001 - a table's column
    """A transaction creates, changes and deletes items, or does none of it."""
    dynamodb = client("dynamodb")
    for sort in "ud":
        dynamodb.put_item(TableName="ledger", Item={**key(sort), "n": {"N": "1"}})
    update = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}
    check = {"ConditionExpression": "attribute_exists(n)"}
    items: dict[str, dict[str, Any]] = {
        "Put": {"Item": key("p")},
        "Update": {"Key": key("u"), **update},
        "Delete": {"Key": key("d")},
        "ConditionCheck": {"Key": key("nothing" if fails else "c"), **check},
    }
    dynamodb.put_item(TableName="ledger", Item={**key("c"), "n": {"N": "1"}})
    request = [{kind: {"TableName": name, **content}} for kind, content in items.items()]

    if fails:
        code, message = refusal(lambda: dynamodb.transact_write_items(TransactItems=request))
        assert code == "TransactionCanceledException"
        assert "[None, None, None, ConditionalCheckFailed]" in message
    else:
        dynamodb.transact_write_items(TransactItems=request)

    after = {item["sk"]["S"]: item.get("n", {}).get("N") for item in stored("locks")}
    assert after == ({"c": "1", "d": "1", "u": "1"} if fails else {"c": "1", "p": None, "u": "2"})


def test_a_transaction_copies_its_own_items_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work of a transaction does not grow with its table."""
    for start in range(0, 100, 25):
        puts = [{"PutRequest": {"Item": key(number, "many")}} for number in range(start, start + 25)]
        client("dynamodb").batch_write_item(RequestItems={"ledger": puts})
    copied: set[str] = set()
    original = Item.__deepcopy__

    def copy(item: Item, memo: dict[int, Any]) -> Item:
        copied.add(item.hash_key.value)
        return original(item, memo)

    monkeypatch.setattr(Item, "__deepcopy__", copy)

    lock_two(1)
    count("ab")

    assert copied == {"locks", "counters"}
