"""Items of tables are created, changed, read and deleted as by the Terraform resource aws_dynamodb_table_item."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from emulator.provider.core.properties import UNKNOWN
from tests.processes.emulator.provider.cases_tables import a_table
from tests.processes.emulator.provider.harness import AbortedError, Difference, Engine, Values

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.processes.emulator.provider.harness import Deployed

    Boto = Callable[[str], Any]

ITEM = "aws:dynamodb/tableItem:TableItem"
JOB = {"pk": {"S": "jobs"}, "sk": {"N": "1"}}


@pytest.fixture
def table(engine: Engine) -> str:
    """Create a table with two keys, and return its name."""
    return str(a_table(engine)["table"])


def inputs(**attributes: Any) -> Values:  # noqa: ANN401 - attribute values
    """Return the inputs of the item `jobs`/1, or of another when `attributes` has other keys."""
    item = json.dumps({**JOB, **attributes})
    return {"tableName": "ledger", "hashKey": "pk", "rangeKey": "sk", "item": item}


def create(engine: Engine, **attributes: Any) -> Deployed:  # noqa: ANN401 - attribute values
    """Create an item."""
    return engine.create(ITEM, "it", inputs(**attributes))


def stored(boto: Boto) -> list[dict[str, Any]]:
    """Return the items of the table, without the key `pk` that all have in common."""
    items = boto("dynamodb").scan(TableName="ledger")["Items"]
    return sorted(
        ({name: value for name, value in item.items() if name != "pk"} for item in items),
        key=lambda item: str(item["sk"]["N"]),
    )


def test_an_item_that_exists_is_not_taken_over(engine: Engine, boto: Boto, table: str) -> None:
    """The creation of an item whose key is taken fails, and leaves the other item alone."""
    boto("dynamodb").put_item(TableName=table, Item={**JOB, "owner": {"S": "others"}})

    with pytest.raises(
        AbortedError, match=r"^creating DynamoDB Table Item \(ledger\): ConditionalCheckFailedException: "
    ):
        create(engine, owner={"S": "data"})

    assert stored(boto) == [{"sk": {"N": "1"}, "owner": {"S": "others"}}]


def test_what_others_add_goes_with_the_second_update(engine: Engine, boto: Boto, table: str) -> None:
    """An update leaves what others added, but reads it; the same program then changes the item, and removes it."""
    it = create(engine, owner={"S": "data"}, cron={"S": "a"})
    boto("dynamodb").put_item(TableName=table, Item={**JOB, "cron": {"S": "a"}, "foreign": {"N": "1"}})
    news = inputs(cron={"S": "b"}, size={"N": "2"})
    program = {"sk": {"N": "1"}, "cron": {"S": "b"}, "size": {"N": "2"}}

    assert engine.diff(it, it.inputs) == Difference()
    updated = engine.update(it, news)

    assert stored(boto) == [{**program, "foreign": {"N": "1"}}]
    assert json.loads(updated.outputs["item"]) == {**JOB, **program, "foreign": {"N": "1"}}
    assert engine.diff(updated, news) == Difference({"item": "UPDATE"})
    again = engine.update(updated, news)
    assert stored(boto) == [program]
    assert engine.diff(again, news) == Difference()


def test_a_refresh_shows_what_others_add(engine: Engine, boto: Boto, table: str) -> None:
    """A refresh reads the whole item, and the next update removes what others added."""
    it = create(engine, owner={"S": "data"})
    boto("dynamodb").put_item(TableName=table, Item={**JOB, "owner": {"S": "data"}, "foreign": {"N": "1"}})

    found, shown = engine.refresh(it)

    assert shown == Difference({"item": "UPDATE"})
    assert found is not None
    assert json.loads(found.inputs["item"])["foreign"] == {"N": "1"}
    engine.update(found, it.inputs)
    assert stored(boto) == [{"sk": {"N": "1"}, "owner": {"S": "data"}}]


def test_update_writes_what_is_gone(engine: Engine, boto: Boto, table: str) -> None:
    """An update has no condition: it writes an item that somebody deleted."""
    it = create(engine)
    boto("dynamodb").delete_item(TableName=table, Key=JOB)

    engine.update(it, inputs(owner={"S": "data"}))

    assert stored(boto) == [{"sk": {"N": "1"}, "owner": {"S": "data"}}]


def test_changed_key_moves_the_item(engine: Engine, boto: Boto, table: str) -> None:
    """Another key value updates in place: over an item that has the key; the item of the former key is deleted."""
    it = create(engine, owner={"S": "data"})
    boto("dynamodb").put_item(TableName=table, Item={**JOB, "sk": {"N": "2"}, "foreign": {"N": "1"}})
    news = inputs(sk={"N": "2"}, owner={"S": "data"})

    assert engine.diff(it, news) == Difference({"item": "UPDATE"})
    updated = engine.update(it, news)

    assert stored(boto) == [{"sk": {"N": "2"}, "owner": {"S": "data"}, "foreign": {"N": "1"}}]
    assert (updated.outputs["hashKeyValue"], updated.outputs["rangeKeyValue"]) == ("jobs", "2")
    found, _ = engine.refresh(updated)
    assert found is not None
    assert (it.id, found.id) == ("ledger,jobs,1", "ledger,jobs,2")


def test_item_of_keys_only(engine: Engine, boto: Boto, table: str) -> None:
    """An item can lose all attributes but its keys."""
    it = create(engine, owner={"S": "data"})

    bare = engine.update(it, inputs())
    engine.update(bare, inputs(sk={"N": "2"}))

    assert stored(boto) == [{"sk": {"N": "2"}}]


def test_another_spelling_is_no_difference(engine: Engine, table: str) -> None:
    """JSON with other white space and another order is equal."""
    it = create(engine, owner={"S": "data"})
    other = json.dumps(dict(reversed(json.loads(it.inputs["item"]).items())), indent=3)

    assert other != it.inputs["item"]
    assert engine.diff(it, {**inputs(), "item": other}) == Difference()


@pytest.mark.parametrize("gone", ["item", "table"])
def test_what_is_gone(engine: Engine, boto: Boto, table: str, gone: str) -> None:
    """An item is gone with its table too; its deletion then fails, as it does with the real provider."""
    it = create(engine)
    if gone == "item":
        boto("dynamodb").delete_item(TableName=table, Key=JOB)
    else:
        boto("dynamodb").delete_table(TableName=table)

    assert engine.refresh(it) == (None, Difference())
    if gone == "item":
        engine.delete(it)
    else:
        with pytest.raises(AbortedError, match="ResourceNotFoundException"):
            engine.delete(it)


def test_table_without_a_range_key(engine: Engine) -> None:
    """An item of a table with one key has an id of two parts, and can be imported."""
    table = {
        "name": "flat",
        "attributes": [{"name": "key", "type": "B"}],
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "key",
    }
    engine.create("aws:dynamodb/table:Table", "t", table)
    it = engine.create(ITEM, "it", {"tableName": "flat", "hashKey": "key", "item": '{"key": {"B": "AAE="}}'})

    assert (it.id, it.outputs["hashKeyValue"], it.outputs["rangeKeyValue"]) == ("flat,AAE=", "AAE=", "")
    assert engine.import_(ITEM, "it", it.id).outputs.items() >= {"hashKey": "key", "tableName": "flat"}.items()


@pytest.mark.parametrize(
    ("resource_id", "said"),
    [
        pytest.param("ledger", r"should be of the form tableName,hashKeyValue\[,rangeKeyValue\]", id="table only"),
        pytest.param("ledger,jobs", "the id has 1 key values, but the table ledger has 2 keys", id="no range key"),
        pytest.param("ledger,jobs,1,2", "should be of the form", id="too long"),
    ],
)
def test_ids_that_lead_nowhere(engine: Engine, table: str, resource_id: str, said: str) -> None:
    """An import with an unusable id states the form of ids, or how many keys the table has."""
    with pytest.raises(AbortedError, match=said):
        engine.import_(ITEM, "it", resource_id)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        pytest.param("{", "invalid JSON", id="no JSON"),
        pytest.param("[]", "must be a JSON object", id="no object"),
        pytest.param('{"pk": "jobs"}', "pk must be one attribute value", id="plain value"),
        pytest.param('{"pk": {}}', "pk must be", id="no type"),
        pytest.param('{"pk": {"S": "a", "N": "1"}}', "pk must be", id="two types"),
        pytest.param('{"pk": {"N": 1}}', "pk must be", id="bare number"),
        pytest.param('{"pk": {"X": "1"}}', "pk must be", id="unknown type"),
        pytest.param('{"a": {"SS": "b"}}', "a must be", id="no set"),
        pytest.param('{"a": {"M": {"b": {"L": [{"S": 1}]}}}}', "a.b[0] must be", id="nested"),
    ],
)
def test_items_that_are_refused(engine: Engine, item: str, said: str) -> None:
    """A text that is not an item in DynamoDB's JSON is a mistake of the input, which names the attribute."""
    [failure] = engine.checked(ITEM, "it", {**inputs(), "item": item}).failures

    assert failure.property == "item"
    assert f"Invalid format of 'item': {said}" in failure.reason


def test_an_unknown_item_is_accepted(engine: Engine) -> None:
    """An item that a preview does not know yet is no mistake."""
    assert engine.check(ITEM, "it", {**inputs(), "item": UNKNOWN})["item"] == UNKNOWN
