"""The Condition element of IAM policies: which operators there are and when a condition is met.

Follows "IAM JSON policy elements: Condition operators" and "Multivalued context keys" of the IAM User Guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import eq

Context = Mapping[str, "str | list[str]"]
"""What is known of a request, by condition key in any case; a list is a multivalued key."""

ARN_PARTS = 6


class UnknownPolicyElement(ValueError):  # noqa: N818 - named for what it reports
    """A policy uses an element, operator or value that this evaluator does not know, and so must not judge."""


@dataclass(frozen=True)
class Condition:
    """One line of a Condition element: `operator` on `key`, met by any of `wanted`."""

    operator: str
    key: str
    wanted: tuple[str, ...]

    def is_met(self, context: Context) -> bool:
        """Tell whether `context` meets the condition; a key that is missing fails all but the negated and IfExists."""
        quantifier, test, if_exists = _resolve(self.operator)
        received = _lookup(context, self.key)
        if test is None:
            return (received is None) == (self.wanted[0].lower() == "true")
        negated = test.negated
        if received is None:
            return if_exists or quantifier == "ForAllValues" or (negated and quantifier != "ForAnyValue")
        if quantifier is None and len(received) != 1:
            msg = f"{self.operator} on the multivalued key {self.key} without ForAllValues: or ForAnyValue:"
            raise UnknownPolicyElement(msg)
        verdicts = (any(test.matches(want, value) for want in self.wanted) != negated for value in received)
        return any(verdicts) if quantifier == "ForAnyValue" else all(verdicts)

    def explain(self, context: Context) -> str:
        """Say what the condition wants and what the request has, for a condition that is not met."""
        received = _lookup(context, self.key)
        has = "no such key" if received is None else " and ".join(repr(value) for value in received)
        wants = " or ".join(repr(value) for value in self.wanted)
        return f"condition {self.operator} {self.key} (wants {wants}, the request has {has})"


def parse_conditions(element: object) -> tuple[Condition, ...]:
    """Read a statement's Condition element; `UnknownPolicyElement` names an operator or value that is not known."""
    conditions: list[Condition] = []
    for operator, keys in _mapping(element, "Condition").items():
        _, test, _ = _resolve(operator)
        for key, wanted in _mapping(keys, f"Condition.{operator}").items():
            values = tuple(_text(value) for value in (wanted if isinstance(wanted, list) else [wanted]))
            _check_values(operator, values, arn=test in {_ARN, _NOT_ARN}, boolean=test in {_BOOL, None})
            conditions.append(Condition(operator, key, values))
    return tuple(conditions)


def glob(pattern: str, text: str) -> bool:
    """Match `text` against a pattern in which `*` stands for any characters and `?` for one."""
    return _compiled(pattern).fullmatch(text) is not None


@dataclass(frozen=True, eq=False)
class _Test:
    matches: Callable[[str, str], bool]
    negated: bool = False


def _arn_matches(pattern: str, arn: str) -> bool:
    """Match an ARN part by part, so that no wildcard reaches over one of the first five colons."""
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
    """Split an operator into its quantifier, its test (None is the operator Null) and whether IfExists ends it."""
    if operator == "Null":
        return None, None, False
    parsed = _OPERATOR.fullmatch(operator)
    if parsed is None or parsed[2] not in _TESTS:
        msg = f"condition operator {operator}"
        raise UnknownPolicyElement(msg)
    return parsed[1], _TESTS[parsed[2]], parsed[3] is not None


def _lookup(context: Context, key: str) -> list[str] | None:
    for name, value in context.items():
        if name.lower() == key.lower():
            return value if isinstance(value, list) else [value]
    return None


def _check_values(operator: str, values: Sequence[str], *, arn: bool, boolean: bool) -> None:
    for value in values:
        if "${" in value:
            msg = f"policy variable in {operator}: {value}"
        elif arn and value.count(":") < ARN_PARTS - 1:
            msg = f"{operator} with {value!r}, which has not the six parts of an ARN"
        elif boolean and value.lower() not in {"true", "false"}:
            msg = f"{operator} with {value!r}, which is neither true nor false"
        else:
            continue
        raise UnknownPolicyElement(msg)
    if not values or (operator == "Null" and len(values) != 1):
        msg = f"{operator} with {len(values)} values"
        raise UnknownPolicyElement(msg)


def _mapping(element: object, name: str) -> Mapping[str, object]:
    if not isinstance(element, Mapping):
        msg = f"{name} that is not an object: {element!r}"
        raise UnknownPolicyElement(msg)
    return element


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    msg = f"condition value {value!r}"
    raise UnknownPolicyElement(msg)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    regex = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.compile(regex, re.DOTALL)
