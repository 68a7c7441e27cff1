"""Reads the schedule expressions of AWS's EventBridge Scheduler into value objects."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from cadence.at import At, parse_at
from cadence.below_a_minute import SHORTEST
from cadence.cron import FIELDS, Cron, parse_cron
from cadence.errors import ExpressionError
from cadence.go_cron import help_for_go
from cadence.rate import Rate, parse_rate
from cadence.unix import aws_fields, help_for_cron

if TYPE_CHECKING:
    from collections.abc import Callable

Expression: TypeAlias = Cron | Rate | At

LONGEST_EXPRESSION = 256
"""The longest ScheduleExpression of CreateSchedule, in characters (Scheduler API Reference)."""

_REMEMBERED = 4096
"""Expressions."""
_WRAPPED = re.compile(r"([A-Za-z]+)(\s*)\((.*)\)", re.DOTALL)
_FOREIGN_SPACE = re.compile(r"[^\S \t\r\n]")
_ACCEPTED = "must be one of: cron(...), rate(...), at(...)"


@lru_cache(maxsize=_REMEMBERED)
def parse(expression: str) -> Expression:
    """Return the expression for `cron(...)`, `rate(...)` or `at(...)`.

    Raises ExpressionError with the mistake, the accepted form and, if it can be guessed, the form that was meant.
    `str()` of the result is the text to send to AWS: what was typed, without the spaces at its ends. Another spelling
    might mean something else to AWS. `canonical` is for people. Results are remembered, because a program reads each
    expression several times.
    """
    text = expression.strip()
    if len(text) > LONGEST_EXPRESSION:
        raise ExpressionError(f"is longer than {LONGEST_EXPRESSION} characters, which is AWS's limit")
    if foreign := _FOREIGN_SPACE.search(text):
        raise ExpressionError(
            f"has the space U+{ord(foreign[0]):04X}, which only looks like a plain one; type a plain space"
        )
    wrapped = _WRAPPED.fullmatch(text)
    if not wrapped:
        raise ExpressionError(_unwrapped_message(text))
    name, space, body = wrapped.groups()
    if name not in _PARSERS:
        if name.lower() in _PARSERS:
            raise ExpressionError(f"'{name}' must be in lower case: {name.lower()}({body})")
        raise ExpressionError(f"'{name}' is unknown; {_ACCEPTED}")
    if space:
        raise ExpressionError(f"has a space before the bracket; write {name}({body})")
    return replace(_PARSERS[name](body), typed=text)


def _parse_cron(body: str) -> Cron:
    try:
        return parse_cron(body)
    except ExpressionError as error:
        raise ExpressionError(_dialect_help(body) or str(error)) from None


def _dialect_help(body: str) -> str | None:
    return help_for_go(body) or help_for_cron(body)


_PARSERS: dict[str, Callable[[str], Expression]] = {"cron": _parse_cron, "rate": parse_rate, "at": parse_at}


def _unwrapped_message(text: str) -> str:
    if not text:
        return f"is empty; {_ACCEPTED}"
    if text.startswith(tuple(f"{name}(" for name in _PARSERS)):
        return "the closing bracket is missing, or is not at the end"
    for name, read in _PARSERS.items():
        try:
            meant = read(text.removeprefix(name))
        except ExpressionError:
            continue
        return f"must be wrapped in {name}(...): {meant}"
    return _dialect_help(text) or _bare_cron_help(text) or f"is not understood; {_ACCEPTED}"


def _bare_cron_help(text: str) -> str | None:
    """Return help for six fields that are almost AWS's. They may also be Unix's with seconds, as node-cron has them."""
    fields = text.split()
    if len(fields) != FIELDS:
        return None
    try:
        parse_cron(text)
    except ExpressionError as error:
        return f"must be wrapped in cron(...), and {error}{_with_seconds(fields)}"
    return None


def _with_seconds(fields: list[str]) -> str:
    """Return what six fields mean if the first counts seconds; empty if the others are not those of Unix."""
    meant = aws_fields(" ".join(fields[1:]))
    if len(meant) != 1:
        return ""
    if fields[0].isdecimal():
        return f"; if the first field counts seconds, write cron({meant[0]})"
    return f"; if the first field counts seconds, {SHORTEST}"
