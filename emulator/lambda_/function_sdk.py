"""AWS's SDK for Python with less work for each call, and the same results: for the processes of functions.

`function_worker` loads this file by its path when a handler has imported the SDK.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from botocore import parsers, useragent

if TYPE_CHECKING:
    from botocore.model import MapShape

_ATTRIBUTE = "AttributeValue"
"""The shape of DynamoDB's values."""
_PLAIN = frozenset({"S", "N", "BOOL"})
"""The types of values that JSON has as the SDK returns them."""
_JSON: Any = parsers.BaseJSONParser
_MAP = _JSON._handle_map  # noqa: SLF001 - the SDK has no other place for it
_MOMENT = parsers.DEFAULT_TIMESTAMP_PARSER
_SANITIZED = useragent.sanitize_user_agent_string_component


def install() -> None:
    """Read moments and items with fewer steps, and spell each part of the user agent once."""
    parsers.DEFAULT_TIMESTAMP_PARSER = _moment
    _JSON._handle_map = _map  # noqa: SLF001
    useragent.sanitize_user_agent_string_component = lru_cache(maxsize=1024)(_SANITIZED)


def _moment(value: float | str) -> datetime:
    """Return a moment. A function's time zone is UTC, for which the SDK asks the zone of the machine each time."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return _MOMENT(value)


def _map(parser: parsers.BaseJSONParser, shape: MapShape, value: dict[str, Any]) -> dict[str, Any]:
    """Return a map. In an item of DynamoDB, most values are already what the SDK makes of them."""
    if shape.value.name == _ATTRIBUTE and all(len(one) == 1 and one.keys() <= _PLAIN for one in value.values()):
        return value
    parsed: dict[str, Any] = _MAP(parser, shape, value)
    return parsed
