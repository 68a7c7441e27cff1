"""Moto's lookups that always have the same result. They are made once, and not for each request or for each value.

For each request moto lists its own folders, and the methods of a class. For each value of an answer it looks for each
member under several names, which makes hundreds of lookups for an item of DynamoDB. In each answer it looks for the id
of the request, which only answers in XML have.
"""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeGuard

from moto import backends
from moto.core import responses
from moto.core.serialize import (
    AttributePicker,
    AttributePickerContext,
    BaseJSONSerializer,
    BaseRestSerializer,
    ResponseSerializer,
    XFormedAttributePicker,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, MutableMapping

    from moto.core.model import Shape, StructureShape

_REMEMBERED_KEYS = 10_000
"""The number of structures, each with one set of keys, whose members are remembered."""
_REQUEST_ID = "<RequestId>"
_BODY = "body"
_PLACES = (
    (responses.BaseResponse, "_enrich_response"),
    (ResponseSerializer, "get_value"),
    (ResponseSerializer, "_serialize_type_structure"),
    (responses, "method_names_from_class"),
    (backends, "list_of_moto_modules"),
)
_ENRICHED, _VALUE, _STRUCTURE, _METHODS, _FOLDERS = _MOTOS = tuple(inspect.getattr_static(*place) for place in _PLACES)


@contextmanager
def remembered() -> Iterator[None]:
    """Let moto make each of these lookups once."""
    serializer = _Serializer.get_value, _Serializer._serialize_type_structure  # noqa: SLF001 - it replaces moto's
    _replace(staticmethod(_enriched), *serializer, cache(_METHODS), cache(lambda: tuple(_FOLDERS())))
    try:
        yield
    finally:
        _replace(*_MOTOS)


class _Serializer(ResponseSerializer):
    """Methods for moto's serializers of all protocols. They ask a dict only for the members that it has."""

    def get_value(self, value: object, key: str, shape: Shape) -> Any:  # noqa: ANN401 - as moto
        """Return the value of a member, or None."""
        parent: StructureShape = vars(shape)["parent"]
        if not _depends_on_keys(value, parent, self._value_picker):
            return _VALUE(self, value, key, shape)
        found = _keys(parent, tuple(value)).get(key)
        return None if found is None else value[found]

    def _serialize_type_structure(
        self, serialized: MutableMapping[str, Any], value: object, shape: StructureShape, key: str
    ) -> None:
        if not _depends_on_keys(value, shape, self._value_picker):
            _STRUCTURE(self, serialized, value, shape, key)
            return
        wrapper = self.MAP_TYPE() if key else serialized
        whole = isinstance(self, BaseRestSerializer) and _BODY in wrapper  # an answer with its headers and its body
        of_json = isinstance(self, BaseJSONSerializer) and not whole
        if of_json and _is_plain(shape, tuple(value)) and _are_texts(value):
            wrapper.update(value)
        else:
            for name in _keys(shape, tuple(value)):
                self._serialize_structure_member(wrapper, value, shape.members[name], name)
        if key:
            self._default_serialize(serialized, wrapper, shape, key)


def _enriched(headers: dict[str, str], body: object) -> tuple[dict[str, str], Any]:
    """Return an answer with the id of its request, for which only XML has a place."""
    if isinstance(body, str) and _REQUEST_ID not in body:
        return _ENRICHED(headers, "")[0], body
    enriched: tuple[dict[str, str], Any] = _ENRICHED(headers, body)
    return enriched


def _depends_on_keys(value: object, shape: StructureShape, picker: AttributePicker) -> TypeGuard[dict[str, Any]]:
    """Return whether the keys of a value alone decide where moto finds its members, and what they are."""
    return type(value) is dict and not any(
        path.rpartition(".")[2] in shape.members for path in picker.response_transformers
    )


def _are_texts(value: dict[str, Any]) -> bool:
    return all(type(each) is str for each in value.values())


@lru_cache(maxsize=_REMEMBERED_KEYS)
def _is_plain(shape: StructureShape, keys: tuple[str, ...]) -> bool:
    """Return whether a dict with these keys is written as it is, if its values are texts."""
    found = _keys(shape, keys)
    return len(found) == len(keys) and all(
        name == key and shape.members[name].type_name == "string" and not shape.members[name].serialization
        for name, key in found.items()
    )


@lru_cache(maxsize=_REMEMBERED_KEYS)
def _keys(shape: StructureShape, keys: tuple[str, ...]) -> Mapping[str, str]:
    """Return the members that moto finds in a dict with these keys: the key of each by the member's name."""
    pick, names_of_keys = XFormedAttributePicker(), dict(zip(keys, keys, strict=True))
    found = {}
    for name, member in shape.members.items():
        vars(member)["parent"] = shape  # as moto's serializer does
        key = pick(AttributePickerContext(obj=names_of_keys, key=name, shape=member))
        if key is not None:
            found[name] = key
    return found


def _replace(*lookups: Callable[..., object]) -> None:
    for (owner, name), lookup in zip(_PLACES, lookups, strict=True):
        setattr(owner, name, lookup)
