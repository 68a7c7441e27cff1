"""Reads a universal target's input as Scheduler does: PascalCase members become the API model's members. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, Shape, StructureShape

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_TEXT = frozenset({"integer", "long", "float", "double", "boolean"})
"""Types whose values JSON writes without quotes."""


class InputError(ValueError):
    """An input that is not a request of the operation. The message is the reason that Scheduler gives."""


def read(given: Mapping[str, Any], shape: StructureShape) -> dict[str, Any]:
    """Return the request with the members named as in the model. `shape` is the shape of the operation's request.

    Raises InputError for an unknown member (camelCase members are unknown), for a missing required member, and for
    text in place of a number or a boolean. A null member counts as left out.
    """
    return _structure(given, shape, "")


def _structure(given: Mapping[str, Any], shape: StructureShape, where: str) -> dict[str, Any]:
    members = {_pascal(name): name for name in shape.members}
    present = {name: value for name, value in given.items() if value is not None}
    for name in map(_pascal, shape.required_members):
        if name not in present:
            raise InputError(f"missing field {where}{name}")
    for name in present:
        if name not in members:
            raise InputError(f"unknown field {where}{name}")
    return {
        members[name]: _value(value, shape.members[members[name]], f"{where}{name}") for name, value in present.items()
    }


def _value(value: object, shape: Shape, where: str) -> object:
    """Return a value with the members inside it renamed. The keys and values of a map are data, and stay."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return _structure(value, shape, f"{where}.")
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_value(item, shape.member, where) for item in value]
    if isinstance(value, str) and shape.type_name in _NO_TEXT:
        raise InputError(f"Value '{value}' at '{where}': Member must be of type {shape.type_name}")
    return value


def _pascal(name: str) -> str:
    return name[0].upper() + name[1:]
