"""A filter policy accepts the messages that SNS accepts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.gateway.gateway import AwsError
from emulator.sns.filter_policy import FilterPolicy


def text(value: str) -> dict[str, str]:
    """Return a text attribute."""
    return {"Type": "String", "Value": value}


def array(*values: object) -> dict[str, str]:
    """Return an attribute with several values."""
    return {"Type": "String.Array", "Value": json.dumps(values)}


def number(value: float) -> dict[str, str]:
    """Return a number attribute."""
    return {"Type": "Number", "Value": str(value)}


CASES: list[tuple[list[Any], dict[str, str], bool]] = [
    (["rugby", "tennis"], text("rugby"), True),
    (["rugby", "tennis"], text("baseball"), False),
    (["rugby", "tennis"], array("baseball", "tennis"), True),
    (["rugby", "tennis"], array("baseball"), False),
    (["rug"], text("rugby"), False),
    (["rug"], array("rugby"), False),
    (["a"], text('["a"]'), False),
    ([{"anything-but": ["rugby", "tennis"]}], array("rugby", "baseball"), True),
    ([{"anything-but": ["rugby", "tennis"]}], array("rugby"), False),
    ([{"anything-but": {"prefix": "rug"}}], text("rugby"), False),
    ([{"prefix": "bas"}], array("rugby", "baseball"), True),
    ([{"suffix": "ball"}], array("rugby"), False),
    ([{"equals-ignore-case": "RUGBY"}], array("Rugby"), True),
    ([5], number(5.0), True),
    ([5], array(4, 5), True),
    ([5], text("5"), False),
    ([{"numeric": [">", 3, "<=", 5]}], array(1, 4), True),
    ([{"numeric": [">", 3]}], number(3), False),
    ([None, 7], array("x", None), True),
    ([None], array(None), True),
    ([{"exists": True}], array("x"), True),
    ([{"exists": False}], text("x"), False),
    (["x"], {"Type": "Binary", "Value": "x"}, False),
    (["x"], {"Type": "String.Array", "Value": "x"}, False),
    (["x"], {"Type": "String.name", "Value": "x"}, True),
]


@pytest.mark.parametrize(("rules", "attribute", "lets"), CASES, ids=json.dumps)
def test_attributes(rules: list[Any], attribute: dict[str, str], lets: bool) -> None:  # noqa: FBT001 - a table's column
    """An attribute matches if one rule and one value of it match, and each value has its type."""
    assert FilterPolicy({"interests": rules}, None).matches({"interests": attribute}, "") is lets


def test_several_attributes() -> None:
    """All attributes in the policy must match, and other attributes do not matter."""
    policy = FilterPolicy({"interests": ["rugby"], "store": ["fans"]}, "MessageAttributes")
    both = {"interests": text("rugby"), "store": text("fans"), "other": text("x")}
    assert policy.matches(both, "")
    assert not policy.matches({**both, "store": text("none")}, "")
    assert not policy.matches({"interests": text("rugby")}, "")


def test_absence() -> None:
    """An attribute may be required to be absent if there is another attribute; a message without any does not match."""
    policy = FilterPolicy({"store": [{"exists": False}]}, None)
    assert policy.matches({"other": text("x")}, "")
    assert not policy.matches({}, "")
    assert not policy.matches(None, "")


def test_no_policy() -> None:
    """An empty policy accepts every message."""
    assert FilterPolicy({}, None).matches(None, "")


@pytest.mark.parametrize(
    ("body", "lets"),
    [('{"a": {"b": ["x", "y"]}}', True), ('{"a": {"b": "z"}}', False), ("y", False), ("[]", False), ("{", False)],
)
def test_body(body: str, lets: bool) -> None:  # noqa: FBT001 - a table's column
    """A policy on the body compares its JSON, and ignores attributes."""
    policy = FilterPolicy({"a": {"b": ["y"]}}, "MessageBody")
    assert policy.matches({"a": text("y")}, body) is lets


def test_refused() -> None:
    """A policy with an operator that SNS does not know is refused with the operator's name."""
    with pytest.raises(AwsError, match="like"):
        FilterPolicy({"a": [{"like": "x"}]}, None)
