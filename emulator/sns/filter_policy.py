"""SNS filter policies: they select a subscription's messages by their attributes or by their body.

The operators are those of event patterns. The elements of a `String.Array` match like those of an array in an event:
one matching element is enough. The same holds for `anything-but`, as in the example of the SNS Developer Guide, "String
value matching", whose text in contrast requires every element to match.
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
"""moto's name for its own matcher, which treats an array as a text."""


class FilterPolicy:
    """The filter policy of a subscription, with the interface of moto's own matcher."""

    def __init__(self, policy: Mapping[str, Any], scope: str | None) -> None:
        """Compile the policy; raise InvalidParameter when SNS refuses it."""
        self._of_body = scope == "MessageBody"
        try:
            self._pattern = compile_pattern(policy) if policy else None
        except InvalidEventPattern as error:
            raise AwsError("InvalidParameter", f"Invalid parameter: FilterPolicy: {error}") from error

    def matches(self, attributes: Mapping[str, Mapping[str, Any]] | None, message: str) -> bool:
        """Return whether the subscription gets a message; it gets none without attributes or body to compare."""
        if self._pattern is None:
            return True
        values = _body(message) if self._of_body else _values(attributes or {})
        return bool(values) and self._pattern.matches(values)


@contextmanager
def judging() -> Iterator[None]:
    """Replace moto's matcher for the subscriptions that are created inside the block."""
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
    """Return the attributes that a policy can name: text, numbers and arrays of both, but no binary attributes."""
    values = {name: _value(str(given["Type"]), given["Value"]) for name, given in attributes.items()}
    return {name: value for name, value in values.items() if value is not None}


def _value(kind: str, value: str) -> object:
    if kind == "String.Array" or kind.startswith("Number"):
        try:
            return json.loads(value)
        except ValueError:
            return None
    return value if kind.startswith("String") else None
