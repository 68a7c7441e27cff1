"""With less work, the SDK in a function's process has the same results."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest
from botocore import parsers, useragent
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import BaseJSONParser, create_parser
from hypothesis import given
from hypothesis import strategies as st

from emulator.lambda_ import function_sdk

if TYPE_CHECKING:
    from collections.abc import Iterator

VALUES = st.recursive(
    st.sampled_from(
        [{"S": "é"}, {"N": "1.0"}, {"B": "YQ=="}, {"BOOL": True}, {"NULL": True}, {"SS": ["a"]}, {"New": 1}]
    ),
    lambda values: (
        st.builds(lambda several: {"L": several}, st.lists(values, max_size=2))
        | st.builds(lambda several: {"M": several}, st.dictionaries(st.sampled_from("ab"), values))
    ),
    max_leaves=4,
)
ITEMS = st.lists(st.dictionaries(st.sampled_from("abc"), VALUES | st.just({"S": "a", "N": "1"})), max_size=3)
MOMENTS = st.sampled_from(
    [0, 1767225600, 1767225600.5, "1767225600", "2026-01-01T00:00:00Z", "Thu, 01 Jan 2026 00:00:00 GMT"]
)


@contextmanager
def installed() -> Iterator[None]:
    """Install it for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            (parsers, "DEFAULT_TIMESTAMP_PARSER"),
            (BaseJSONParser, "_handle_map"),
            (useragent, "sanitize_user_agent_string_component"),
        ):
            patch.setattr(owner, name, getattr(owner, name))
        function_sdk.install()
        yield


def parsed(service: str, operation: str, body: object) -> object:
    """Return the result of a call, or how the SDK fails to read the answer."""
    model = ServiceModel(Loader(include_default_search_paths=True).load_service_model(service, "service-2"))
    answer: Any = {"status_code": 200, "headers": {}, "body": json.dumps(body).encode()}
    shape: Any = model.operation_model(operation).output_shape
    try:
        result: Any = create_parser(model.metadata["protocol"]).parse(answer, shape)
    except Exception as error:  # noqa: BLE001 - the SDK fails in several ways
        return type(error), str(error)
    return result


@given(ITEMS)
def test_items(items: list[dict[str, Any]]) -> None:
    """Items have the same values, whatever their types."""
    expected = parsed("dynamodb", "Query", {"Items": items, "Count": len(items)})
    with installed():
        assert parsed("dynamodb", "Query", {"Items": items, "Count": len(items)}) == expected


def test_usual_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts and numbers are taken as they are."""
    with installed():
        monkeypatch.setattr(parsers.ResponseParser, "_default_handle", None)
        parsed_item: Any = parsed("dynamodb", "GetItem", {"Item": {"a": {"S": "x"}, "b": {"N": "1"}}})
    assert parsed_item["Item"] == {"a": {"S": "x"}, "b": {"N": "1"}}


@given(MOMENTS)
def test_moments(moment: float | str) -> None:
    """Moments are the same in every form. Those that AWS sends as numbers are in UTC, the zone of functions."""
    body = {"Schedules": [{"CreationDate": moment}]}
    expected = parsed("scheduler", "ListSchedules", body)
    with installed():
        found: Any = parsed("scheduler", "ListSchedules", body)
    assert found == expected
    assert found["Schedules"][0]["CreationDate"].tzinfo is UTC or isinstance(moment, str)


def test_user_agent() -> None:
    """Each part of the user agent is spelled once, and the same."""
    parts = ["Python#3", "é/x", "plain"]
    expected = [useragent.sanitize_user_agent_string_component(part, allow_hash=True) for part in parts]
    with installed():
        for _ in range(2):
            spelled = [useragent.sanitize_user_agent_string_component(part, allow_hash=True) for part in parts]
            assert spelled == expected
        remembered: Any = useragent.sanitize_user_agent_string_component
        assert remembered.cache_info().misses == len(parts)
