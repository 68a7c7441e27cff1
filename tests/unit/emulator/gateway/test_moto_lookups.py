"""Moto answers the same whether it repeats its lookups or they are remembered."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore import xform_name
from botocore.model import ListShape, MapShape, Shape, StructureShape
from hypothesis import given
from hypothesis import strategies as st
from moto import backends
from moto.core import responses
from moto.core.serialize import (
    SERIALIZERS,
    AttributePicker,
    AttributePickerContext,
    ResponseSerializer,
    XFormedAttributePicker,
    get_serializer_class,
)
from moto.core.utils import get_service_model
from moto.dynamodb.responses import DynamoHandler

from emulator.gateway import moto_lookups

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from moto.core.model import OperationModel

OPERATIONS = {
    "dynamodb": ("Query", "BatchGetItem", "TransactGetItems", "DescribeTable"),
    "scheduler": ("ListSchedules", "GetSchedule", "ListScheduleGroups"),
    "lambda": ("ListFunctions", "GetPolicy", "Invoke"),
    "ecs": ("DescribeTasks", "DescribeTaskDefinition"),
    "iam": ("GetRole", "ListRoles"),
    "sns": ("ListTopics", "GetTopicAttributes"),
    "sqs": ("ReceiveMessage", "ListQueues"),
    "events": ("ListRules", "ListTargetsByRule"),
    "cloudwatch": ("DescribeAlarms",),
    "logs": ("GetLogEvents",),
    "ec2": ("DescribeSubnets",),
    "s3": ("ListObjectsV2", "HeadObject"),
}
"""Operations of all protocols, some of whose answers have members in headers or as the payload."""
DEEPEST = 4
SCALARS: Mapping[str, st.SearchStrategy[Any]] = {
    "string": st.text("ab<&é", max_size=3),
    "blob": st.binary(max_size=3),
    "boolean": st.booleans(),
    "timestamp": st.integers(0, 2**31),
    **dict.fromkeys(("integer", "long"), st.integers(-5, 5)),
    **dict.fromkeys(("float", "double"), st.floats(-5, 5)),
}


class Thing:
    """A thing of moto's, with its members as attributes."""

    def __init__(self, **members: object) -> None:
        """Take the members."""
        vars(self).update(members)


def values(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """Return values of a shape as moto's parts make them: dicts and things, with names in one of several forms."""
    if isinstance(shape, StructureShape):
        return structures(shape, depth) if depth < DEEPEST else st.just({})
    if isinstance(shape, ListShape):
        return st.lists(values(shape.member, depth + 1), max_size=2 if depth < DEEPEST else 0)
    if isinstance(shape, MapShape):
        return st.dictionaries(st.text("ab", min_size=1, max_size=2), values(shape.value, depth + 1), max_size=2)
    return SCALARS[shape.type_name]


@st.composite
def structures(draw: Callable[..., Any], shape: StructureShape, depth: int) -> object:
    """Return a structure that lacks members, and has one that AWS does not know."""
    members: dict[str, object] = {}
    for name in draw(st.lists(st.sampled_from(sorted(shape.members)), max_size=3) if shape.members else st.just([])):
        member = shape.members[name]
        key = draw(st.sampled_from([name, xform_name(name), member.name, name.removeprefix(shape.name) or name]))
        members[key] = draw(st.none() | values(member, depth + 1))
    members["Unknown"] = "x"
    return Thing(**members) if draw(st.booleans()) else members


def members(shape: Shape | None, depth: int = 0) -> set[str]:
    """Return the names of the members of a structure, and of those in it."""
    if isinstance(shape, StructureShape) and depth < DEEPEST:
        return set(shape.members).union(*(members(one, depth + 1) for one in shape.members.values()))
    if isinstance(shape, ListShape | MapShape):
        return members(shape.member if isinstance(shape, ListShape) else shape.value, depth)
    return set()


def operations() -> list[tuple[str, OperationModel]]:
    """Return the operations with their services."""
    return [
        (service, get_service_model(service).operation_model(name))
        for service, names in OPERATIONS.items()
        for name in names
    ]


@given(st.data())
def test_answers(data: st.DataObject) -> None:
    """The answers of every protocol are the same."""
    service, operation = data.draw(st.sampled_from(operations()), label="operation")
    shape = operation.output_shape
    assert shape is not None
    result = data.draw(structures(shape, 0), label="result")
    member = data.draw(st.sampled_from(sorted(members(shape))), label="transformed member")
    transformed: dict[str, Callable[[Any], Any]] = {f".{member}": str}
    transformers = data.draw(st.sampled_from([None, transformed]))
    spoken = operation.service_model.metadata["protocols"]
    serializer = get_serializer_class(
        service, data.draw(st.sampled_from([one for one in spoken if one in SERIALIZERS]))
    )

    def answer() -> object:
        picker = XFormedAttributePicker(response_transformers=transformers)
        return serializer(operation, value_picker=picker).serialize(result)

    expected = outcome(answer)
    with moto_lookups.remembered():
        assert outcome(answer) == expected


def outcome(answer: Callable[[], object]) -> object:
    """Return an answer, or how it failed: a name may lead to a value of another shape."""
    try:
        return answer()
    except Exception as error:  # noqa: BLE001 - moto's serializers fail in many ways
        return type(error), str(error)


def test_texts_alone() -> None:
    """An answer that has only texts has them all, in REST too."""
    result = {"Policy": "{}", "RevisionId": "1"}
    operation = get_service_model("lambda").operation_model("GetPolicy")
    with moto_lookups.remembered():
        serializer = get_serializer_class("lambda", "rest-json")(operation, value_picker=XFormedAttributePicker())
        answer = serializer.serialize(result)
    assert json.loads(answer["body"]) == result


@pytest.mark.parametrize("transformers", [None, {"Other.Member": str}])
def test_items(monkeypatch: pytest.MonkeyPatch, transformers: dict[str, Callable[[Any], Any]] | None) -> None:
    """The second item of a table needs no lookup of names, not even when moto transforms other members."""
    looked: list[str] = []
    pick = AttributePicker.__call__

    def counted(picker: AttributePicker, context: AttributePickerContext) -> object:
        looked.append(context.key)
        return pick(picker, context)

    monkeypatch.setattr(AttributePicker, "__call__", counted)
    operation = get_service_model("dynamodb").operation_model("Query")
    serializer = get_serializer_class("dynamodb", "json")
    with moto_lookups.remembered():
        for number in range(2):
            looked.clear()
            items = {"Items": [{"key": {"S": f"job-{number}"}, "version": {"N": "1"}}], "Count": 1}
            picker = XFormedAttributePicker(response_transformers=transformers)
            answer = serializer(operation, value_picker=picker).serialize(items)
            assert f"job-{number}" in str(answer["body"])
    assert looked == []


@pytest.mark.parametrize(
    "body", ["", '{"a": "RequestId"}', "<a><RequestId>x</RequestId></a>", b"<RequestId>x</RequestId>"]
)
def test_request_ids(monkeypatch: pytest.MonkeyPatch, body: str | bytes) -> None:
    """An answer has the id of its request in its headers, and XML also has it in its body. JSON is not searched."""
    searched: list[object] = []

    def sub(pattern: str, replacement: str, text: str) -> str:
        searched.append(text)
        return re.sub(pattern, replacement, text)

    monkeypatch.setattr(responses, "re", SimpleNamespace(sub=sub))
    with moto_lookups.remembered():
        headers, enriched = responses.BaseResponse._enrich_response({"status": cast("str", 400)}, body)
    assert (headers["status"], len(headers["x-amzn-requestid"])) == ("400", 52)
    expected = body.replace(">x<", f">{headers['x-amzn-requestid']}<") if isinstance(body, str) else body
    assert enriched == expected
    assert searched == [body if expected != body or isinstance(body, bytes) else ""]


def test_lists() -> None:
    """Moto's folders and a class's methods are the same, and are listed once. Afterwards all lookups are moto's own."""
    before = lookups()
    methods, folders, *_ = before
    expected = methods(DynamoHandler), list(folders())
    with moto_lookups.remembered():
        methods, folders, *_ = lookups()
        assert (methods(DynamoHandler), list(folders())) == expected
        assert methods(DynamoHandler) is methods(DynamoHandler)
        assert folders() is folders()
    assert lookups() == before


def lookups() -> list[Callable[..., Any]]:
    """Return the lookups that are replaced."""
    of_serializers = ResponseSerializer.get_value, vars(ResponseSerializer)["_serialize_type_structure"]
    enriched = vars(responses.BaseResponse)["_enrich_response"]
    return [vars(responses)["method_names_from_class"], backends.list_of_moto_modules, *of_serializers, enriched]
