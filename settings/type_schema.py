"""Finds what a type accepts at a place within it, from the JSON Schema of the type."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pydantic


def keys_at(kind: pydantic.TypeAdapter[Any], parts: Sequence[str | int]) -> set[str]:
    """Return the keys that the mapping at this place may have."""
    return {key for place in places_at(kind, parts) for key in place.get("properties", {})}


def places_at(kind: pydantic.TypeAdapter[Any], parts: Sequence[str | int]) -> list[Mapping[str, Any]]:
    """Return the schemas that are valid at this place."""
    schema = _schema(kind)
    places = list(_alternatives(schema, schema))
    for part in parts:
        below = [child for place in places for child in _children(place, part)]
        places = [place for child in below for place in _alternatives(child, schema)]
    return places


@cache
def _schema(kind: pydantic.TypeAdapter[Any]) -> dict[str, Any]:
    return kind.json_schema()


def _alternatives(place: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the types that are valid at a place, after following references and unions."""
    if "$ref" in place:
        place = schema["$defs"][place["$ref"].rpartition("/")[2]]
    yield place
    for one in (*place.get("anyOf", ()), *place.get("oneOf", ())):
        yield from _alternatives(one, schema)


def _children(place: Mapping[str, Any], part: str | int) -> list[Mapping[str, Any]]:
    named = place.get("properties", {}).get(part)
    if isinstance(part, int):
        return [place["items"]] if isinstance(place.get("items"), dict) else []
    found = [named, place.get("additionalProperties"), *place.get("patternProperties", {}).values()]
    return [child for child in found if isinstance(child, dict)]
