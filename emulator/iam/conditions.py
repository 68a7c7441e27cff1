"""The Condition element of IAM policies: its operators, and when a request meets a condition.

Follows "IAM JSON policy elements: Condition operators" and "Multivalued context keys" of the IAM User Guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import eq

Context = Mapping[str, "str | list[str]"]
"""The values of a request's condition keys, whose case does not matter; a list is the value of a multivalued key."""

ARN_PARTS = 6


class UnknownPolicyElement(ValueError):  # noqa: N818 - named for what it reports
    """A policy has an element, operator or value that this evaluator does not support and must not guess."""


@dataclass(frozen=True)
class Condition:
    """One line of a Condition element: `operator` on `key`, which any value of `wanted` meets."""

    operator: str
    key: str
    wanted: tuple[str, ...]

    def is_met(self, context: Context) -> bool:
        """Return whether `context` meets the condition.

        A missing key meets only IfExists, ForAllValues, negated operators without ForAnyValue, and Null with true.
        """
        quantifier, test, if_exists = _resolve(self.operator)
        received = _lookup(context, self.key)
        if test is None:
            return (received is None) == (self.wanted[0].lower() == "true")
        negated = test.negated
        if received is None:
            return if_exists or quantifier == "ForAllValues" or (negated and quantifier != "ForAnyValue")
        if quantifier is None and len(received) != 1:
            raise UnknownPolicyElement(
                f"{self.operator} on the multivalued key {self.key} without ForAllValues: or ForAnyValue:"
            )
        verdicts = (any(test.matches(want, value) for want in self.wanted) != negated for value in received)
        return any(verdicts) if quantifier == "ForAnyValue" else all(verdicts)

    def explain(self, context: Context) -> str:
        """Return a text with the wanted and the actual values, for a condition that is not met."""
        received = _lookup(context, self.key)
        has = "no such key" if received is None else " and ".join(repr(value) for value in received)
        wants = " or ".join(repr(value) for value in self.wanted)
        return f"condition {self.operator} {self.key} (wants {wants}, the request has {has})"


def parse_conditions(element: object) -> tuple[Condition, ...]:
    """Return the conditions of a Condition element; raise `UnknownPolicyElement` for an unknown operator or value."""
    conditions: list[Condition] = []
    for operator, keys in _mapping(element, "Condition").items():
        _, test, _ = _resolve(operator)
        for key, wanted in _mapping(keys, f"Condition.{operator}").items():
            values = tuple(_text(value) for value in (wanted if isinstance(wanted, list) else [wanted]))
            _check_values(operator, values, arn=test in {_ARN, _NOT_ARN}, boolean=test in {_BOOL, None})
            conditions.append(Condition(operator, key, values))
    return tuple(conditions)


def glob(pattern: str, text: str) -> bool:
    """Return whether `text` matches a pattern in which `*` stands for any characters and `?` for one."""
    return _compiled(pattern).fullmatch(text) is not None


@dataclass(frozen=True, eq=False)
class _Test:
    matches: Callable[[str, str], bool]
    negated: bool = False


def _arn_matches(pattern: str, arn: str) -> bool:
    """Return whether an ARN matches part by part, so that no wildcard reaches over one of the first five colons."""
    parts = arn.split(":", ARN_PARTS - 1)
    return len(parts) == ARN_PARTS and all(map(glob, pattern.split(":", ARN_PARTS - 1), parts))


_STRING = _Test(eq)
_IGNORE_CASE = _Test(lambda want, value: want.casefold() == value.casefold())
_BOOL = _Test(_IGNORE_CASE.matches)
_ARN = _Test(_arn_matches)
_NOT_ARN = _Test(_arn_matches, negated=True)
_TESTS: Mapping[str, _Test] = {
    "StringEquals": _STRING,
    "StringNotEquals": _Test(_STRING.matches, negated=True),
    "StringEqualsIgnoreCase": _IGNORE_CASE,
    "StringLike": _Test(glob),
    "StringNotLike": _Test(glob, negated=True),
    "ArnEquals": _ARN,
    "ArnLike": _ARN,
    "ArnNotEquals": _NOT_ARN,
    "ArnNotLike": _NOT_ARN,
    "Bool": _BOOL,
}
_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")


def _resolve(operator: str) -> tuple[str | None, _Test | None, bool]:
    """Return an operator's quantifier, its test (None for the operator Null), and whether it ends with IfExists."""
    if operator == "Null":
        return None, None, False
    parsed = _OPERATOR.fullmatch(operator)
    if parsed is None or parsed[2] not in _TESTS:
        raise UnknownPolicyElement(f"condition operator {operator}")
    return parsed[1], _TESTS[parsed[2]], parsed[3] is not None


def _lookup(context: Context, key: str) -> list[str] | None:
    for name, value in context.items():
        if name.lower() == key.lower():
            return value if isinstance(value, list) else [value]
    return None


def _check_values(operator: str, values: Sequence[str], *, arn: bool, boolean: bool) -> None:
    for value in values:
        if "${" in value:
            raise UnknownPolicyElement(f"policy variable in {operator}: {value}")
        if arn and value.count(":") < ARN_PARTS - 1:
            raise UnknownPolicyElement(f"{operator} with {value!r}, which does not have the six parts of an ARN")
        if boolean and value.lower() not in {"true", "false"}:
            raise UnknownPolicyElement(f"{operator} with {value!r}, which is neither true nor false")
    if not values or (operator == "Null" and len(values) != 1):
        raise UnknownPolicyElement(f"{operator} with {len(values)} values")


def _mapping(element: object, name: str) -> Mapping[str, object]:
    if not isinstance(element, Mapping):
        raise UnknownPolicyElement(f"{name} that is not an object: {element!r}")
    return element


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise UnknownPolicyElement(f"condition value {value!r}")


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    regex = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.compile(regex, re.DOTALL)
