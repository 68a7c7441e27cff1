"""Schedule expressions as AWS's EventBridge Scheduler takes them, read into value objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from cadence.at import At, parse_at
from cadence.cron import Cron, parse_cron
from cadence.errors import ExpressionError
from cadence.rate import Rate, parse_rate
from cadence.unix import help_for_cron

if TYPE_CHECKING:
    from collections.abc import Callable

Expression: TypeAlias = Cron | Rate | At

LONGEST_EXPRESSION = 256
"""Characters that ScheduleExpression of CreateSchedule holds (Scheduler API Reference)."""

_WRAPPED = re.compile(r"([A-Za-z]+)\s*\((.*)\)", re.DOTALL)
_ACCEPTED = "cron(...), rate(...) or at(...) is accepted"


def parse(expression: str) -> Expression:
    """Read `cron(...)`, `rate(...)` or `at(...)`.

    Raises ExpressionError with what is wrong, what is accepted and, where it can be told, the form that was meant.
    Surrounding and repeated spaces are forgiven; `str()` of the result is the text to send to AWS.
    """
    text = expression.strip()
    if len(text) > LONGEST_EXPRESSION:
        raise ExpressionError(f"longer than {LONGEST_EXPRESSION} characters, which is AWS's limit")
    wrapped = _WRAPPED.fullmatch(text)
    if not wrapped:
        raise ExpressionError(_unwrapped_message(text))
    name, body = wrapped.groups()
    if name not in _PARSERS:
        known = name.lower() in _PARSERS
        msg = f"'{name}' is written in small letters: {name.lower()}({body})" if known else f"'{name}' is unknown"
        raise ExpressionError(msg if known else f"{msg}; {_ACCEPTED}")
    result = _PARSERS[name](body)
    if len(str(result)) > LONGEST_EXPRESSION:
        raise ExpressionError(f"longer than {LONGEST_EXPRESSION} characters once written out: {result}")
    return result


def _parse_cron(body: str) -> Cron:
    try:
        return parse_cron(body)
    except ExpressionError as error:
        raise ExpressionError(help_for_cron(body) or str(error)) from None


_PARSERS: dict[str, Callable[[str], Expression]] = {"cron": _parse_cron, "rate": parse_rate, "at": parse_at}


def _unwrapped_message(text: str) -> str:
    if not text:
        return f"empty; {_ACCEPTED}"
    if text.startswith(tuple(f"{name}(" for name in _PARSERS)):
        return "the closing bracket is missing or not at the end"
    for name, read in _PARSERS.items():
        try:
            meant = read(text.removeprefix(name))
        except ExpressionError:
            continue
        return f"not wrapped in {name}(...): {meant}"
    return help_for_cron(text) or f"not understood; {_ACCEPTED}"
