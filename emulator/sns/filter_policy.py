"""SNS filter policies: which messages a subscription is sent, by their attributes or by their body.

The operators are those of event patterns, and the elements of a `String.Array` are matched as those of an array in an
event: one that matches is enough. So it is with `anything-but` too, by the example of the SNS Developer Guide, "String
value matching"; its text asks for every element there.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.sns import models

from emulator.events.event_operators import InvalidEventPattern
from emulator.events.event_pattern import compile_pattern
from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MATCHER = "FilterPolicyMatcher"
"""What moto calls its own, which takes an array for a text."""


class FilterPolicy:
    """The filter policy of a subscription, made and asked as moto's own."""

    def __init__(self, policy: Mapping[str, Any], scope: str | None) -> None:
        """Compile the policy; InvalidParameter where SNS does not take it."""
        self._of_body = scope == "MessageBody"
        try:
            self._pattern = compile_pattern(policy) if policy else None
        except InvalidEventPattern as error:
            raise AwsError("InvalidParameter", f"Invalid parameter: FilterPolicy: {error}") from error

    def matches(self, attributes: Mapping[str, Mapping[str, Any]] | None, message: str) -> bool:
        """Tell whether the subscription is sent a message. Without anything to look at, none is sent."""
        if self._pattern is None:
            return True
        values = _body(message) if self._of_body else _values(attributes or {})
        return bool(values) and self._pattern.matches(values)


@contextmanager
def judging() -> Iterator[None]:
    """Judge in moto's place for the subscriptions that are made meanwhile."""
    original = getattr(models, _MATCHER)
    setattr(models, _MATCHER, FilterPolicy)
    try:
        yield
    finally:
        setattr(models, _MATCHER, original)


def _body(message: str) -> dict[str, Any]:
    try:
        body = json.loads(message)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _values(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Read the attributes that a policy can name: text, numbers and arrays of both; binary ones are never looked at."""
    values = {name: _value(str(given["Type"]), given["Value"]) for name, given in attributes.items()}
    return {name: value for name, value in values.items() if value is not None}


def _value(kind: str, value: str) -> object:
    if kind == "String.Array" or kind.startswith("Number"):
        try:
            return json.loads(value)
        except ValueError:
            return None
    return value if kind.startswith("String") else None
