"""Event patterns match and are refused as on EventBridge, also inside arrays of objects and `$or`."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.events.event_pattern import MAX_LENGTH, InvalidEventPattern, compile_pattern

FAILED_ITSELF = {"containers": {"name": ["app"], "exitCode": [{"anything-but": 0}]}}
FAILED_OR_NOT_STARTED = {"$or": [FAILED_ITSELF, {"stopCode": ["TaskFailedToStart"]}]}


def task(*containers: tuple[str, int | None], stop_code: str = "EssentialContainerExited") -> dict[str, Any]:
    """Return the detail of a stopped task with these containers' names and exit codes."""
    described = [{"name": name} if code is None else {"name": name, "exitCode": code} for name, code in containers]
    return {"containers": described, "stopCode": stop_code}


TASKS = {
    "own container failed": (FAILED_ITSELF, task(("app", 1), ("sidecar", 0)), True),
    "own container last": (FAILED_ITSELF, task(("sidecar", 0), ("app", 1)), True),
    "sidecar killed": (FAILED_ITSELF, task(("app", 0), ("sidecar", 137)), False),
    "no exit code beside a sidecar's": (FAILED_ITSELF, task(("app", None), ("sidecar", 137)), False),
    "own container failed, in $or": (FAILED_OR_NOT_STARTED, task(("app", 1), ("sidecar", 0)), True),
    "sidecar killed, in $or": (FAILED_OR_NOT_STARTED, task(("app", 0), ("sidecar", 137)), False),
    "not started, in $or": (FAILED_OR_NOT_STARTED, task(("app", None), stop_code="TaskFailedToStart"), True),
    "absence looks at all elements": (
        {"containers": {"name": ["app"], "exitCode": [{"exists": False}]}},
        task(("app", None), ("sidecar", 1)),
        False,
    ),
    "absence looks at the element that an earlier path chose": (
        {"containers": {"name": ["app"], "reason": [{"exists": False}]}},
        {"containers": [{"name": "app"}, {"name": "sidecar", "reason": "OutOfMemory"}]},
        True,
    ),
    "absence in another element than the chosen one": (
        {"containers": {"name": ["sidecar"], "reason": [{"exists": False}]}},
        {"containers": [{"name": "app"}, {"name": "sidecar", "reason": "OutOfMemory"}]},
        False,
    ),
    "absence in every element": (
        {"containers": {"name": ["app"], "exitCode": [{"exists": False}]}},
        task(("app", None), ("sidecar", None)),
        True,
    ),
}


@pytest.mark.parametrize(("pattern", "detail", "matches"), TASKS.values(), ids=TASKS.keys())
def test_fields_under_one_array(*, pattern: dict[str, Any], detail: dict[str, Any], matches: bool) -> None:
    """One element must meet all fields under one array; absence is of all, unless an earlier path chose an element."""
    assert compile_pattern({"detail": pattern}).matches({"detail": detail}) is matches


def test_different_arrays_are_independent() -> None:
    """Elements of two arrays combine freely, and nested ones only within their parent's element."""
    event = {"a": [{"x": 1, "deep": [{"y": 1, "z": 2}, {"y": 2}]}, {"x": 2}], "b": [{"y": 1}]}
    assert compile_pattern({"a": {"x": [2]}, "b": {"y": [1]}}).matches(event)
    assert compile_pattern({"a": {"x": [1], "deep": {"y": [1], "z": [2]}}}).matches(event)
    assert not compile_pattern({"a": {"x": [1], "deep": {"y": [2], "z": [2]}}}).matches(event)
    assert not compile_pattern({"a": {"x": [2], "deep": {"y": [1]}}}).matches(event)


def test_absence_is_not_enough() -> None:
    """A field that is absent as required leaves the other fields to be met."""
    pattern = compile_pattern({"a": [{"exists": False}], "b": ["x"]})
    assert pattern.matches({"b": "x"})
    assert not pattern.matches({"b": "y"})


def test_operators_are_no_reserved_names_outside_or() -> None:
    """A field may have the name of an operator, except inside `$or`."""
    assert compile_pattern({"prefix": {"numeric": ["x"]}}).matches({"prefix": {"numeric": "x"}})


def test_what_is_no_event() -> None:
    """A value that JSON does not have is an error of the caller, not a mismatch."""
    with pytest.raises(TypeError, match=r"a\.b is not a JSON value"):
        compile_pattern({"a": ["x"]}).matches({"a": {"b": object()}})


OR = {
    "neither branch": ({"$or": [{"x": [1]}, {"y": [1]}]}, {"x": 2, "y": 2}, False),
    "either branch": ({"$or": [{"x": [1]}, {"y": [1]}]}, {"x": 2, "y": 1}, True),
    "and the rest": ({"z": [1], "$or": [{"x": [1]}, {"y": [1]}]}, {"x": 1, "y": 1, "z": 2}, False),
    "the branch's own replaces the outer": ({"x": [1], "$or": [{"x": [2]}, {"y": [1]}]}, {"x": 2}, True),
    "the other branch keeps the outer": ({"x": [1], "$or": [{"x": [2]}, {"y": [1]}]}, {"x": 2, "y": 1}, True),
    "only the other branch keeps the outer": ({"x": [1], "$or": [{"x": [2]}, {"y": [1]}]}, {"x": 3, "y": 1}, False),
    "an outer one that comes later replaces the branch's": (
        {"$or": [{"x": [2]}, {"y": [1]}], "x": [1]},
        {"x": 2},
        False,
    ),
    "two levels": ({"d": {"$or": [{"x": [1]}, {"$or": [{"y": [1]}, {"z": [1]}]}]}}, {"d": {"z": 1}}, True),
}


@pytest.mark.parametrize(("pattern", "event", "matches"), OR.values(), ids=OR.keys())
def test_or(*, pattern: dict[str, Any], event: dict[str, Any], matches: bool) -> None:
    """`$or` needs one branch and all fields around it; the later of two mentions of a field counts."""
    assert compile_pattern(pattern).matches(event) is matches


MISSING = object()


@pytest.mark.parametrize(
    ("alternatives", "value", "matches"),
    [
        (["a", "b"], "b", True),
        (["a"], "A", False),
        (["a"], ["x", "a"], True),
        (["1"], 1, False),
        ([1], 1.0, True),
        ([1], True, False),
        ([True], True, True),
        ([True], 1, False),
        ([None], None, True),
        ([None], MISSING, False),
        ([None], "null", False),
        ([""], "", True),
        ([{"prefix": "ab"}], "abc", True),
        ([{"prefix": "ab"}], "cab", False),
        ([{"prefix": "1"}], 12, False),
        ([{"prefix": {"equals-ignore-case": "AB"}}], "abc", True),
        ([{"prefix": {"equals-ignore-case": "AB"}}], "cab", False),
        ([{"prefix": {"equals-ignore-case": "1"}}], 12, False),
        ([{"suffix": "bc"}], "abc", True),
        ([{"suffix": "2"}], 12, False),
        ([{"suffix": "ab"}], "abc", False),
        ([{"suffix": {"equals-ignore-case": "BC"}}], "abc", True),
        ([{"suffix": {"equals-ignore-case": "AB"}}], "abc", False),
        ([{"suffix": {"equals-ignore-case": "2"}}], 12, False),
        ([{"equals-ignore-case": "aB"}], "Ab", True),
        ([{"equals-ignore-case": "aB"}], "Abc", False),
        ([{"equals-ignore-case": "1"}], 1, False),
        ([{"wildcard": "*"}], 1, False),
        ([{"wildcard": "a*c"}], "abbc", True),
        ([{"wildcard": "a*c"}], "abcd", False),
        ([{"wildcard": "a.c"}], "abc", False),
        ([{"wildcard": r"a\*c"}], "a*c", True),
        ([{"wildcard": r"a\*c"}], "abc", False),
        ([{"numeric": ["=", 5]}], 5.0, True),
        ([{"numeric": [">", 0, "<=", 5]}], 5, True),
        ([{"numeric": [">", 0, "<=", 5]}], 0, False),
        ([{"numeric": [">", 0]}], "5", False),
        ([{"numeric": [">=", 0]}], False, False),
        ([{"anything-but": 0}], 0, False),
        ([{"anything-but": 0}], 137, True),
        ([{"anything-but": 0}], MISSING, False),
        ([{"anything-but": 0}], "0", True),
        ([{"anything-but": ["a", "b"]}], "b", False),
        ([{"anything-but": ["a", "b"]}], None, True),
        ([{"anything-but": {"prefix": "a"}}], "ab", False),
        ([{"anything-but": {"prefix": ["a", "b"]}}], "b", False),
        ([{"anything-but": {"suffix": "b"}}], "ab", False),
        ([{"anything-but": {"suffix": "b"}}], 1, True),
        ([{"anything-but": {"equals-ignore-case": "A"}}], "a", False),
        ([{"anything-but": {"wildcard": "a*"}}], "ab", False),
        ([{"anything-but": {"wildcard": "a*"}}], "b", True),
        ([{"anything-but": {"wildcard": ""}}], "", False),
        ([{"exists": True}], None, True),
        ([{"exists": True}], MISSING, False),
        ([{"exists": True}], {"leaf": 1}, False),
        ([{"exists": False}], MISSING, True),
        ([{"exists": False}], "", False),
        ([{"exists": False}], [], True),
        ([{"exists": False}, "a"], MISSING, True),
        ([{"exists": False}, "a"], "a", True),
        ([{"exists": False}, "a"], "b", False),
    ],
)
def test_alternatives(*, alternatives: list[Any], value: object, matches: bool) -> None:
    """Each operator accepts EventBridge's values, only of the same JSON type."""
    event = {} if value is MISSING else {"field": value}
    assert compile_pattern({"field": alternatives}).matches(event) is matches


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("{", "not JSON"),
        ('{"a": [NaN]}', "not JSON"),
        ('["a"]', "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        ({"a": {}}, "Empty objects are not allowed"),
        ({"a": []}, "Empty arrays are not allowed"),
        ({"a": "b"}, '"a" must be an object or an array'),
        ({"a": {"b": 1}}, '"b" must be an object or an array'),
        ({"a": [["b"]]}, "Match value must be"),
        ({"a": [{}]}, "Match expression name not found"),
        ({"a": [{"prefix": "b", "suffix": "b"}]}, "Only one key allowed"),
        ({"a": [{"begins-with": "b"}]}, "Unrecognized match type begins-with"),
        ({"a": [{"cidr": "10.0.0.0/8"}]}, "does not support the match type cidr"),
        ({"a": [{"prefix": 1}]}, "prefix match pattern must be a string"),
        ({"a": [{"prefix": {"wildcard": "b"}}]}, "Unsupported prefix pattern: wildcard"),
        ({"a": [{"suffix": ["b"]}]}, "suffix match pattern must be a string"),
        ({"a": [{"equals-ignore-case": ["b"]}]}, "equals-ignore-case match pattern must be a string"),
        ({"a": [{"wildcard": "b**"}]}, "Consecutive wildcard characters"),
        ({"a": [{"wildcard": r"\b"}]}, "Invalid escape character"),
        ({"a": [{"exists": "true"}]}, "exists match pattern must be either true or false"),
        ({"a": [{"numeric": 1}]}, "Value of numeric must be an array"),
        ({"a": [{"numeric": []}]}, "Unrecognized numeric range operator"),
        ({"a": [{"numeric": [">"]}]}, "Value of > must be numeric"),
        ({"a": [{"numeric": ["~", 1]}]}, "Unrecognized numeric range operator: ~"),
        ({"a": [{"numeric": [">", 0, ">", 1]}]}, "Bad numeric range operator: >"),
        ({"a": [{"numeric": [">", "0"]}]}, "Value of > must be numeric"),
        ({"a": [{"numeric": [">", 0, "<", "1"]}]}, "Value of < must be numeric"),
        ({"a": [{"numeric": ["=", 0, "<", 1]}]}, "Too many elements in numeric expression"),
        ({"a": [{"numeric": [">", 0, "<", 1, "<", 2]}]}, "Too many terms in numeric range expression"),
        ({"a": [{"numeric": [">=", 1, "<=", 1]}]}, "Bottom must be less than top"),
        ({"a": [{"numeric": [">", 2, "<", 1]}]}, "Bottom must be less than top"),
        ({"a": [{"anything-but": []}]}, "mixed type is not supported"),
        ({"a": [{"anything-but": ["b", 1]}]}, "mixed type is not supported"),
        ({"a": [{"anything-but": [None]}]}, "null|boolean is not supported"),
        ({"a": [{"anything-but": True}]}, "Value of anything-but must be"),
        ({"a": [{"anything-but": {"prefix": {"equals-ignore-case": "b"}}}]}, "Value of anything-but must be"),
        ({"a": [{"anything-but": {"suffix": [1]}}]}, "suffix match pattern must be a string"),
        ({"a": [{"anything-but": {"prefix": ""}}]}, "Null prefix/suffix not allowed"),
        ({"a": [{"anything-but": {"numeric": ["=", 1]}}]}, "Unsupported anything-but pattern: numeric"),
        ({"$or": {"a": ["b"]}}, "It must be an Array followed with $or"),
        ({"$or": [{"a": ["b"]}]}, "at least 2 Objects"),
        ({"$or": [{"a": ["b"]}, "b"]}, "Only JSON object is allowed"),
        ({"$or": [{"a": ["b"]}, {"prefix": ["b"]}]}, "prefix is Ruler reserved fieldName"),
        ('{"$or": [{"a": [1]}, {"b": [1]}], "$or": [{"c": [1]}, {"d": [1]}]}', 'has "$or" twice'),
        ('{"a": [1], "b": [1], "b": [2]}', 'has "b" twice'),
    ],
    ids=str,
)
def test_refused_patterns(pattern: str | dict[str, Any], reason: str) -> None:
    """A pattern that PutRule refuses, or that the sandbox does not support, is refused with the reason."""
    with pytest.raises(InvalidEventPattern, match=re.escape(reason)):
        compile_pattern(pattern)


def test_length() -> None:
    """A pattern of 4096 characters is accepted, and one more character is refused."""
    longest = json.dumps({"a": ["b" * (MAX_LENGTH - len('{"a": [""]}'))]})
    assert len(longest) == MAX_LENGTH
    compile_pattern(longest)
    with pytest.raises(InvalidEventPattern, match=f"the pattern has {MAX_LENGTH + 1} characters"):
        compile_pattern(longest + " ")


LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "ab", "b"])
EVENTS = st.recursive(
    LEAVES, lambda child: st.lists(child, max_size=3) | st.dictionaries(st.sampled_from("xyz"), child, max_size=3)
)


@given(st.dictionaries(st.sampled_from("xyz"), EVENTS, max_size=3))
def test_present_or_absent(event: dict[str, Any]) -> None:
    """Exactly one of `exists` true and `exists` false matches any event, wherever the leaf is."""
    for field in ("x", "y", "z"):
        present = compile_pattern({"x": {field: [{"exists": True}]}}).matches(event)
        assert compile_pattern({"x": {field: [{"exists": False}]}}).matches(event) is not present


@given(st.dictionaries(st.sampled_from("xyz"), EVENTS, max_size=3), LEAVES, LEAVES)
def test_or_is_a_union(event: dict[str, Any], one: object, other: object) -> None:
    """Two branches match the events that either matches alone, and so does an array of alternatives on one field."""
    first, second = {"x": {"y": [one]}}, {"x": {"y": [other]}}
    either = compile_pattern(first).matches(event) or compile_pattern(second).matches(event)
    assert compile_pattern({"$or": [first, second]}).matches(event) is either
    assert compile_pattern({"x": {"y": [one, other]}}).matches(event) is either
