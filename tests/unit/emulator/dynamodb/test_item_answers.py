"""Answers with items are those of moto, and are written without its copies."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.core.responses import ActionContext
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.dynamodb import responses
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from emulator.dynamodb import item_answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.core.responses import ActionResult

NUMBERS = st.sampled_from(["1", "-2.50"])
TEXTS = st.text('ab<&é"\\\x00', max_size=3)
NAMES = st.text("ab.", min_size=1, max_size=2)
BLOBS = st.binary(max_size=3)
SCALARS = st.one_of(
    st.builds(lambda text: {"S": text}, TEXTS),
    st.builds(lambda number: {"N": number}, NUMBERS),
    st.builds(lambda blob: {"B": blob}, BLOBS),
    st.builds(lambda blob: {"B": base64.b64encode(blob).decode()}, BLOBS),
    st.builds(lambda blobs: {"BS": blobs}, st.lists(BLOBS, min_size=1, max_size=2)),
    st.builds(lambda texts: {"SS": texts}, st.lists(TEXTS, min_size=1, max_size=2)),
    st.builds(lambda numbers: {"NS": numbers}, st.lists(NUMBERS, min_size=1, max_size=2)),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.just({"NULL": True}),
)
VALUES = st.recursive(
    SCALARS,
    lambda values: (
        st.builds(lambda several: {"L": several}, st.lists(values, max_size=2))
        | st.builds(lambda several: {"M": several}, st.dictionaries(NAMES, values, max_size=2))
    ),
    max_leaves=4,
)
ITEMS = st.dictionaries(st.sampled_from("abc"), VALUES)
KEY = DynamoType({"S": "a"})


def attributes(item: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of an item in a table of moto."""
    return Item(KEY, None, item).attrs


OPERATIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "Query": lambda item: {"Count": 1, "Items": [attributes(item)], "LastEvaluatedKey": {"pk": {"S": "a"}}},
    "Scan": lambda item: {"Count": 1, "Items": [attributes(item)], "LastEvaluatedKey": None},
    "GetItem": lambda item: {"Item": attributes(item), "Unknown": 1},
    "BatchGetItem": lambda item: {
        "Responses": {"t": [attributes(item)]},
        "UnprocessedKeys": {"t": {"Keys": [{"pk": {"B": b"a"}}]}},
    },
    "TransactGetItems": lambda item: {"Responses": [{"Item": attributes(item)}]},
    "PutItem": lambda item: {"Attributes": item, "Unknown": 1},
}
"""Results of operations as moto's handlers make them; some have members that DynamoDB does not have."""


def answer(operation: str, result: ActionResult) -> tuple[int, dict[str, Any], Any]:
    """Return the answer to a request with this result."""
    model = get_service_model("dynamodb")
    serializer = get_serializer_class("dynamodb", "json")
    context = ActionContext(model, model.operation_model(operation), serializer, responses.DynamoHandler())
    status, headers, body = result.execute_result(context)
    return status, headers, json.loads(body)


@pytest.mark.parametrize("operation", OPERATIONS)
@given(item=ITEMS)
def test_answers(operation: str, item: dict[str, Any]) -> None:
    """The status, the headers and the content are the same for values of every type."""
    result = OPERATIONS[operation](item)
    expected = answer(operation, responses.DynamoResult(result))
    with item_answers.written():
        assert answer(operation, responses.DynamoResult(result)) == expected


def test_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The items of a query are not copied, and afterwards the results are moto's own."""
    motos = responses.DynamoResult
    monkeypatch.setattr(responses, "dynamo_to_dict", Mock(side_effect=AssertionError("the items were copied")))
    with item_answers.written():
        result = responses.DynamoResult(OPERATIONS["Query"]({"n": {"N": "1"}}))
        assert answer("Query", result)[2]["Items"] == [{"n": {"N": "1"}}]
    assert responses.DynamoResult is motos
