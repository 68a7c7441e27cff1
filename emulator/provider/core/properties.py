"""Conversion of properties between the engine (protobuf structs) and the resource types (plain Python values)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf import struct_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = Any
"""Any JSON value."""

Properties = dict[str, Json]
"""The inputs, outputs or state of a resource: camelCase keys, plain values, no null."""

UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The mark of a value that a preview does not know yet. The engine has one mark per kind of value; all become this."""

DEFAULTS_KEY: Final = "__defaults"
"""The input in which a checked resource lists the inputs that the provider filled in; the engine does not show it."""

_UNKNOWNS: Final = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key that marks an object as a special value, such as a secret or an archive."""
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a type mark of the protocol, not a secret
"""The signature of a secret value, which must not be shown."""

_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"


def decode(struct: struct_pb2.Struct) -> Properties:
    """Return the properties of `struct`: no nulls, whole numbers as int, secrets unwrapped, unknowns as UNKNOWN.

    Secrets lose their mark here, because the provider declares that it does not accept secrets. The engine itself marks
    every output whose input was secret.
    """
    values = ((key, _value(value)) for key, value in struct.fields.items())
    return {key: value for key, value in values if value is not None}


def encode(properties: Mapping[str, Json]) -> struct_pb2.Struct:
    """Return the protobuf struct of `properties`, without the properties that are None."""
    struct = struct_pb2.Struct()
    struct.update({key: value for key, value in properties.items() if value is not None})
    return struct


def is_unknown(value: object) -> bool:
    """Return whether `value` itself is unknown to the preview."""
    return isinstance(value, str) and value == UNKNOWN


def has_unknown(value: object) -> bool:
    """Return whether `value` is unknown to the preview, or contains an unknown at any depth."""
    return any(is_unknown(leaf) for leaf in _leaves(value))


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _value(value: struct_pb2.Value) -> Json:
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _object(value.struct_value)
    return None


def _object(struct: struct_pb2.Struct) -> Json:
    properties = decode(struct)
    mark = properties.get(SIGNATURE)
    if mark == SECRET:
        return properties.get("value")
    if mark == _OUTPUT:
        return properties.get("value", UNKNOWN)
    if mark == _RESOURCE:
        return properties.get("id", UNKNOWN)
    return properties
