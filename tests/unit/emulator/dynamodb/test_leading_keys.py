"""A request's leading keys are the values of the table's partition key, and nothing else that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from emulator.dynamodb import leading_keys
from emulator.gateway.gateway import Call
from tests.unit.emulator.dynamodb import tables
from tests.unit.emulator.dynamodb.tables import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

ARN = f"arn:aws-cn:dynamodb:{REGION}:{ACCOUNT}:table/t"
VALUES = {":p": {"S": "jobs"}, ":s": {"S": "a"}, ":t": {"S": "b"}}
NAMES = {"#p": "pk", "#s": "sk"}


@pytest.fixture(autouse=True, scope="module")
def stored() -> Iterator[None]:
    """Create the table."""
    with mock_aws():
        tables.create()
        yield


def call(**params: Any) -> Call:  # noqa: ANN401 - parameters of a request
    """Return a call with these parameters."""
    return Call("dynamodb", "Query", params, ACCOUNT, REGION, "aws-cn")


def query(**params: Any) -> object:  # noqa: ANN401 - parameters of a request
    """Return the leading keys of a Query of the table; None when there are none."""
    return leading_keys.of_query(call(TableName="t", **params)).get("dynamodb:LeadingKeys")


@pytest.mark.parametrize(
    ("table", "items", "expected"),
    [
        pytest.param("t", [{"pk": {"S": "jobs"}, "sk": {"S": "a"}, "owner": {"S": "b"}}], ["jobs"], id="item"),
        pytest.param(ARN, [{"pk": {"S": "jobs"}}], ["jobs"], id="table by ARN"),
        pytest.param("t", [{"pk": {"S": "a"}}, {"pk": {"S": "b"}}, {"pk": {"S": "a"}}], ["a", "b", "a"], id="several"),
        pytest.param("t", [{"pk": {"N": "7"}}, {"pk": {"B": b"\0\1"}}], ["7", "AAE="], id="numbers and binary"),
        pytest.param("t", [{"sk": {"S": "jobs"}}], None, id="no partition key"),
        pytest.param("t", [], None, id="no item"),
        pytest.param("u", [{"pk": {"S": "jobs"}}], None, id="no table"),
    ],
)
def test_items(table: str, items: list[dict[str, dict[str, Any]]], expected: list[str] | None) -> None:
    """Each item has one leading key."""
    assert leading_keys.of_items(call(), table, items).get("dynamodb:LeadingKeys") == expected


@pytest.mark.parametrize(
    "condition",
    [
        "pk = :p",
        "#p = :p",
        "pk=:p and sk=:s",
        "sk = :s AND pk = :p",
        "(pk = :p) AND (begins_with(sk, :s))",
        "#p = :p AND #s BETWEEN :s AND :t",
        "begins_with(#s, :s) AND #p = :p",
        "pk = :p AND sk > :s",
    ],
)
def test_query(condition: str) -> None:
    """Every form of a condition on both keys tells the partition key, in names or placeholders."""
    names = {"ExpressionAttributeNames": NAMES} if "#" in condition else {}

    assert query(KeyConditionExpression=condition, ExpressionAttributeValues=VALUES, **names) == ["jobs"]


def test_query_of_an_index() -> None:
    """A Query of an index names the index's partition key."""
    found = query(IndexName="i", KeyConditionExpression="pk = :s AND owner = :p", ExpressionAttributeValues=VALUES)

    assert found == ["jobs"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        pytest.param(
            {"KeyConditions": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "jobs"}]}}},
            ["jobs"],
            id="former form",
        ),
        pytest.param({}, None, id="no condition"),
        pytest.param({"KeyConditionExpression": "sk = :s"}, None, id="condition without the key"),
        pytest.param({"KeyConditionExpression": "pk == :p"}, None, id="broken condition"),
        pytest.param({"KeyConditionExpression": "pk = :p", "IndexName": "j"}, None, id="no such index"),
    ],
)
def test_other_queries(params: dict[str, Any], expected: list[str] | None) -> None:
    """The former form of conditions tells the key too; what DynamoDB refuses has none."""
    assert query(ExpressionAttributeValues=VALUES, **params) == expected
