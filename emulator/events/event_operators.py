"""The alternatives of a field in an event pattern: a value, or an operator such as `prefix` or `numeric`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Value = str | int | float | bool | None
"""A leaf of an event."""

Accepts = Callable[[Value], bool]


class InvalidEventPattern(ValueError):  # noqa: N818 - AWS calls it InvalidEventPatternException
    """An event pattern that PutRule refuses or that the sandbox does not support; the text states the reason."""


@dataclass(frozen=True)
class Alternative:
    """One alternative of a field: `accepts` tests a value, and `absent` is true when the field may be absent."""

    accepts: Accepts
    absent: bool = False


def alternative(wanted: object) -> Alternative:
    """Return the compiled form of one element of a field's array; raise `InvalidEventPattern` if it is invalid."""
    if isinstance(wanted, list):
        raise InvalidEventPattern("Match value must be String, number, true, false, or null")
    if not isinstance(wanted, dict):
        return Alternative(_equals(wanted))
    name, argument = _only_member(wanted, "Match expression name not found")
    if name == "exists":
        if not isinstance(argument, bool):
            raise InvalidEventPattern("exists match pattern must be either true or false.")
        return Alternative(lambda _: argument, absent=not argument)
    if name == "cidr":
        raise InvalidEventPattern("the sandbox does not support the match type cidr")
    if name not in OPERATORS:
        raise InvalidEventPattern(f"Unrecognized match type {name}")
    return Alternative(OPERATORS[name](argument))


def _equals(wanted: object) -> Accepts:
    """Return a test for an equal value of the same JSON type; 1 and 1.0 are equal, and true is not a number."""
    return lambda value: type(value) in _TYPES[type(wanted)] and value == wanted


def _exactly(argument: object) -> Accepts:
    return _equals(_string(argument, "exact match"))


def _prefix(argument: object) -> Accepts:
    if isinstance(argument, dict):
        folded = _ignoring_case(argument, "prefix")
        return lambda value: isinstance(value, str) and value.lower().startswith(folded)
    prefix = _string(argument, "prefix match")
    return lambda value: isinstance(value, str) and value.startswith(prefix)


def _suffix(argument: object) -> Accepts:
    if isinstance(argument, dict):
        folded = _ignoring_case(argument, "suffix")
        return lambda value: isinstance(value, str) and value.lower().endswith(folded)
    suffix = _string(argument, "suffix match")
    return lambda value: isinstance(value, str) and value.endswith(suffix)


def _equals_ignore_case(argument: object) -> Accepts:
    folded = _string(argument, "equals-ignore-case match").lower()
    return lambda value: isinstance(value, str) and value.lower() == folded


def _wildcard(argument: object) -> Accepts:
    text = _string(argument, "wildcard match")
    regex = re.compile("".join(map(_wildcard_token, re.findall(r"\\?.", text, re.DOTALL))), re.DOTALL)
    if re.search(r"(?<!\\)(?:\\\\)*\*\*", text):
        raise InvalidEventPattern("Consecutive wildcard characters")
    return lambda value: isinstance(value, str) and regex.fullmatch(value) is not None


def _wildcard_token(char: str) -> str:
    if char == "*":
        return ".*"
    if char in {r"\*", r"\\"}:
        return re.escape(char[1:])
    if char.startswith("\\"):
        raise InvalidEventPattern("Invalid escape character")
    return re.escape(char)


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _numeric(argument: object) -> Accepts:
    """Return a test for a number in a range: one comparison, or a lower bound followed by an upper bound."""
    if not isinstance(argument, list):
        raise InvalidEventPattern("Value of numeric must be an array.")
    symbols, bounds = argument[::2], argument[1::2]
    if not symbols or symbols[0] not in _COMPARISONS:
        raise InvalidEventPattern(f"Unrecognized numeric range operator: {symbols[0] if symbols else ''}")
    if len(symbols) > 1 and symbols[0] in {"=", "<", "<="}:
        raise InvalidEventPattern("Too many elements in numeric expression")
    if len(symbols) > 1 and symbols[1] not in {"<", "<="}:
        raise InvalidEventPattern(f"Bad numeric range operator: {symbols[1]}")
    if len(symbols) > 2:  # noqa: PLR2004 - a range has two ends
        raise InvalidEventPattern("Too many terms in numeric range expression")
    if len(bounds) != len(symbols) or not all(_is_number(bound) for bound in bounds):
        raise InvalidEventPattern(f"Value of {symbols[-1]} must be numeric")
    if len(bounds) > 1 and not bounds[0] < bounds[1]:
        raise InvalidEventPattern("Bottom must be less than top")
    tests = [(_COMPARISONS[symbol], bound) for symbol, bound in zip(symbols, bounds, strict=True)]
    return lambda value: (
        not isinstance(value, bool | str | None) and all(compare(value, bound) for compare, bound in tests)
    )


def _anything_but(argument: object) -> Accepts:
    """Return a test for any value, of any type, that is not listed."""
    if isinstance(argument, dict):
        name, refused = _only_member(argument, "Anything-But expression name not found")
        if name not in {"prefix", "suffix", "equals-ignore-case", "wildcard"}:
            raise InvalidEventPattern(f"Unsupported anything-but pattern: {name}")
        if not isinstance(refused, str | list):
            raise InvalidEventPattern("Value of anything-but must be an array or single string/number value.")
        texts = refused if isinstance(refused, list) else [refused]
        if name in {"prefix", "suffix"} and "" in texts:
            raise InvalidEventPattern("Null prefix/suffix not allowed")
        tests = [OPERATORS[name](_string(text, f"{name} match")) for text in texts]
        return lambda value: not any(test(value) for test in tests)
    refused_values = argument if isinstance(argument, list) else [argument]
    numbers = [_is_number(refused) for refused in refused_values]
    if not all(number or isinstance(refused, str) for number, refused in zip(numbers, refused_values, strict=True)):
        raise InvalidEventPattern(
            "Inside anything but list, start|null|boolean is not supported."
            if isinstance(argument, list)
            else "Value of anything-but must be an array or single string/number value."
        )
    if not numbers or (any(numbers) and not all(numbers)):
        raise InvalidEventPattern(
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )
    tests = [_equals(refused) for refused in refused_values]
    return lambda value: not any(test(value) for test in tests)


OPERATORS: Mapping[str, Callable[[object], Accepts]] = {
    "exactly": _exactly,
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "anything-but": _anything_but,
}
"""The operators with an argument, by name; `exists` is not among them because it also tests absence."""

RESERVED_IN_OR = frozenset(
    {
        *OPERATORS,
        *_COMPARISONS,
        *("exists", "cidr", "regex", "not-wildcard", "not-equals-ignore-case"),
        *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
        *("ip-address-in-range", "ip-address-not-in-range"),
    }
)
"""Names that a field inside `$or` cannot have."""

_TYPES: Mapping[type, tuple[type, ...]] = {
    str: (str,),
    bool: (bool,),
    int: (int, float),
    float: (int, float),
    type(None): (type(None),),
}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _string(argument: object, what: str) -> str:
    if not isinstance(argument, str):
        raise InvalidEventPattern(f"{what} pattern must be a string")
    return argument


def _ignoring_case(argument: dict[str, object], what: str) -> str:
    name, text = _only_member(argument, f"{what.capitalize()} expression name not found")
    if name != "equals-ignore-case":
        raise InvalidEventPattern(f"Unsupported {what} pattern: {name}")
    return _string(text, "equals-ignore-case match").lower()


def _only_member(expression: Mapping[str, object], if_empty: str) -> tuple[str, object]:
    if len(expression) != 1:
        raise InvalidEventPattern("Only one key allowed in match expression" if expression else if_empty)
    return next(iter(expression.items()))
