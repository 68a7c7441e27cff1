"""Values with the same meaning are equal, and differences have paths."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.provider.core.compare import (
    Rules,
    as_inputs,
    changes,
    json_text,
    keep_spelling,
    last_segment,
    path_text,
    policy_document,
    same,
    unordered,
)
from emulator.provider.core.properties import UNKNOWN
from tests.processes.emulator.provider.case import policy

RULES = Rules(
    ambient={"state": "ENABLED", "target.retry": {"age": 86400, "attempts": 185}, "target.retry.attempts": 185},
    computed=frozenset({"zone"}),
    canonical={"policy": policy_document, "target.input": json_text, "subnets": unordered, "cluster": last_segment},
)
LEAVES = st.one_of(st.booleans(), st.integers(0, 3), st.sampled_from(["", "a", "ENABLED"]))
TREES = st.recursive(LEAVES, lambda inner: st.dictionaries(st.text("ab.", max_size=2), inner))
PROPERTIES = st.fixed_dictionaries({}, optional={"state": LEAVES, "target": TREES, "zone": LEAVES, "tags": TREES})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({"state": "ENABLED"}, {}, id="default"),
        pytest.param(
            {"target": {"retry": {"age": 86400, "attempts": 185}}}, {"target": {"a": ""}}, id="what AWS fills in"
        ),
        pytest.param({"zone": "a"}, {}, id="what AWS chose"),
        pytest.param({"description": ""}, {}, id="empty"),
        pytest.param({"tags": {}, "flag": False, "count": 0, "list": []}, {}, id="all kinds of empty"),
        pytest.param({"target": {"input": '{"a": 1, "b": [2]}'}}, {"target": {"input": '{"b":[2],"a":1}'}}, id="JSON"),
        pytest.param({"subnets": ["b", "a"]}, {"subnets": ["a", "b"]}, id="set"),
        pytest.param({"cluster": "arn:aws:ecs:r:1:cluster/c"}, {"cluster": "c"}, id="ARN and name"),
        pytest.param({"cpu": "256"}, {"cpu": 256}, id="number as text"),
        pytest.param(
            {"policy": '{"Statement": [{"Action": ["b", "a"], "Resource": ["*"]}]}'},
            {"policy": '{"Statement": {"Resource": "*", "Action": ["a", "b"]}}'},
            id="policy",
        ),
    ],
)
def test_same_meaning(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Different spellings of a value are equal, and a refresh keeps the program's spelling."""
    assert same(RULES, old, new)
    assert as_inputs(RULES, new, old, frozenset(old)) == {key: value for key, value in new.items() if key in old}
    assert {key: keep_spelling(RULES, old, new).get(key) for key in new if key in old} == {
        key: old[key] for key in new if key in old and not isinstance(old[key], dict)
    } | {key: {**old[key], **new[key]} | old[key] for key in new if key in old and isinstance(old[key], dict)}


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        pytest.param({"state": "DISABLED"}, {}, ["state"], id="default against another value"),
        pytest.param({"tags": {"a.b": "1", "c": "2"}}, {"tags": {"a.b": "2"}}, ['tags["a.b"]', "tags.c"], id="tags"),
        pytest.param(
            {"list": [{"x": 1}, {"x": 2}]}, {"list": [{"x": 1}, {"x": 3}]}, ["list[1].x"], id="item of a list"
        ),
        pytest.param({"list": [1]}, {"list": [1, 2]}, ["list"], id="length of a list"),
        pytest.param({"a": 1}, {"a": UNKNOWN}, ["a"], id="unknown"),
        pytest.param({"a": UNKNOWN}, {"a": UNKNOWN}, ["a"], id="two unknowns"),
        pytest.param({"policy": policy("a")}, {"policy": UNKNOWN}, ["policy"], id="unknown JSON"),
        pytest.param({"policy": policy("a")}, {"policy": policy("b")}, ["policy"], id="another policy"),
        pytest.param(
            {"target": {"input": '{"a": 0}'}}, {"target": {"input": "{}"}}, ["target.input"], id="zero in JSON"
        ),
        pytest.param(
            {"target": {"input": '{"a": true}'}}, {"target": {"input": '{"a": 1}'}}, ["target.input"], id="JSON types"
        ),
        pytest.param(
            {"target": {"retry": {"attempts": 0, "age": 60}}},
            {"target": {"retry": {"age": 60}}},
            ["target.retry.attempts"],
            id="zero against a default",
        ),
        pytest.param({"a": {"b": {"c": 1}}}, {}, ["a"], id="whole block"),
        pytest.param({"target": {}}, {"target": {"retry": {"age": 60, "attempts": 185}}}, ["target"], id="new block"),
        pytest.param({"flag": True}, {"flag": False}, ["flag"], id="flag"),
    ],
)
def test_differences(old: dict[str, Any], new: dict[str, Any], paths: list[str]) -> None:
    """Each difference is named by its path, at the deepest possible level."""
    assert [path_text(change.path) for change in changes(RULES, old, new)] == paths


@given(PROPERTIES)
def test_nothing_differs_from_itself(properties: dict[str, Any]) -> None:
    """Any value is the same as itself, and describes itself."""
    assert same(RULES, properties, properties)
    assert as_inputs(RULES, properties, properties, frozenset(properties)) == properties
    assert keep_spelling(RULES, properties, properties) == properties


@given(PROPERTIES, PROPERTIES)
def test_inputs_describe_what_is_there(inputs: dict[str, Any], actual: dict[str, Any]) -> None:
    """After a refresh the inputs mean the same as the values on AWS, except for values that AWS may choose."""
    accepted = frozenset({*inputs, *actual})
    described = as_inputs(RULES, inputs, actual, accepted)

    assert all(change.path[0] == "zone" for change in changes(RULES, described, actual))


@given(PROPERTIES, PROPERTIES)
def test_keeping_the_spelling_keeps_the_meaning(before: dict[str, Any], actual: dict[str, Any]) -> None:
    """The new state means the same as the values on AWS, with any spelling of the old state."""
    assert same(RULES, keep_spelling(RULES, before, actual), actual)


@pytest.mark.parametrize("text", ["not json", '{"a":', ""], ids=["words", "broken", "empty"])
def test_text_that_is_no_json_is_compared_as_text(text: str) -> None:
    """A property that may be JSON may also be any other text."""
    assert json_text(text) == text
    assert json_text(json.dumps(text)) == {"json": text}
