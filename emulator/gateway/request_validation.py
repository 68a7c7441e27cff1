"""The request validation of AWS's endpoints, by the constraints in botocore's service models."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from emulator.gateway.java_regex import compile_java

ENUM_SERVICES = frozenset(
    {
        *("scheduler", "events", "iam", "sns", "sqs", "ecs", "logs", "stepfunctions"),
        *("dynamodb", "lambda", "ssm", "cloudwatch", "sts"),
    }
)
"""Services whose enums are enforced; for others (EC2) new values appear faster than models are updated."""


def violations(service: str, operation: str, params: Mapping[str, Any]) -> list[str]:
    """Return a request's violations of the model of its operation, in AWS's words; empty for a valid request.

    `params` are named as in the model. Numbers, booleans and timestamps may be text, because the query protocols send
    text. A member that is None counts as absent. Raises `botocore.exceptions.UnknownServiceError` for an unknown
    service and `botocore.model.OperationNotFoundError` for an unknown operation.
    """
    walk = _Walk(enums=_botocore_name(service) in ENUM_SERVICES)
    return list(walk.structure(input_shape(service, operation), params, ""))


def input_shape(service: str, operation: str) -> StructureShape:
    """Return the shape of an operation's request, empty for one without parameters; raise errors as `violations`."""
    return _input_shape(_botocore_name(service), operation)


def error_message(found: Sequence[str]) -> str:
    """Return AWS's error message for violations: `1 validation error detected: Value 'x' at ...`."""
    return f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {'; '.join(found)}"


def error_code(service: str, operation: str) -> str:
    """Return a service's error code for a request that violates its model."""
    name = _botocore_name(service)
    return _OPERATION_CODES.get((name, operation)) or _SERVICE_CODES.get(name, "ValidationException")


def untranslatable(services: Iterable[str] = ENUM_SERVICES) -> dict[str, str]:
    """Return the patterns in the models of `services` that Python cannot compile and checks skip, with the reasons."""
    reasons: dict[str, str] = {}
    for service in services:
        for name, definition in _definitions(_botocore_name(service))["shapes"].items():
            try:
                compile_java(definition.get("pattern", ""))
            except re.error as error:
                reasons[definition["pattern"]] = f"{service} {name}: {error}"
    return reasons


_SERVICE_CODES = {
    "cloudwatch": "ValidationError",
    "ec2": "InvalidParameterValue",
    "ecs": "InvalidParameterException",
    "iam": "ValidationError",
    "logs": "InvalidParameterException",
    "sns": "InvalidParameter",
    "sqs": "InvalidParameterValue",
    "sts": "ValidationError",
}
_OPERATION_CODES = {("ecs", "RegisterTaskDefinition"): "ClientException"}
_BOTOCORE_NAMES = {"states": "stepfunctions", "monitoring": "cloudwatch"}


class _Walk:
    """A walk through a request and its shape, which yields the violations."""

    def __init__(self, *, enums: bool) -> None:
        self._enums = enums

    def value(self, shape: Shape, value: object, path: str) -> Iterator[str]:
        if shape.metadata.get("document"):
            return
        if not _TYPES[shape.type_name](value):
            yield _breach(value, path, f"Member must be of type {shape.type_name}")
        elif isinstance(shape, StructureShape):
            yield from self.structure(shape, cast("Mapping[str, object]", value), path)
        elif isinstance(shape, ListShape):
            yield from self._list(shape, cast("Sequence[object]", value), path)
        elif isinstance(shape, MapShape):
            yield from self._map(shape, cast("Mapping[str, object]", value), path)
        elif isinstance(shape, StringShape):
            yield from self._string(shape, cast("str", value), path)
        elif isinstance(value, bytes | str) and shape.type_name == "blob":
            yield from _size(shape, value.encode() if isinstance(value, str) else value, value, path)
        elif shape.type_name in {"integer", "long", "float", "double"}:
            yield from _bounds(shape, float(cast("float | str", value)), value, path, "value")

    def structure(self, shape: StructureShape, params: Mapping[str, Any], path: str) -> Iterator[str]:
        prefix = f"{path}." if path else ""
        given = {name: value for name, value in params.items() if value is not None}
        for name in shape.required_members:
            if name not in given:
                yield _breach(None, prefix + _camel(name), "Member must not be null")
        for name, value in given.items():
            if name in shape.members:
                yield from self.value(shape.members[name], value, prefix + _camel(name))
            else:
                yield _breach(value, prefix + _camel(name), f"Member must be one of [{', '.join(shape.members)}]")

    def _list(self, shape: ListShape, value: Sequence[object], path: str) -> Iterator[str]:
        yield from _size(shape, value, value, path)
        for number, element in enumerate(value, start=1):
            yield from self.value(shape.member, element, f"{path}.{number}.member")

    def _map(self, shape: MapShape, value: Mapping[str, object], path: str) -> Iterator[str]:
        yield from _size(shape, value, value, path)
        for key, element in value.items():
            yield from self.value(shape.key, key, f"{path}.key")
            yield from self.value(shape.value, element, f"{path}.{key}")

    def _string(self, shape: StringShape, value: str, path: str) -> Iterator[str]:
        shown = "***" if shape.metadata.get("sensitive") else value
        if shape.enum and self._enums and value not in shape.enum:
            yield _breach(shown, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
        yield from _size(shape, value, shown, path)
        pattern = shape.metadata.get("pattern")
        compiled = _compile(pattern) if pattern is not None else None
        if compiled is not None and compiled.fullmatch(value) is None:
            yield _breach(shown, path, f"Member must satisfy regular expression pattern: {pattern}")


def _size(shape: Shape, sized: Sized, shown: object, path: str) -> Iterator[str]:
    yield from _bounds(shape, len(sized), shown, path, "length")


def _bounds(shape: Shape, number: float, value: object, path: str, what: str) -> Iterator[str]:
    """Yield violations of the minimum and maximum of a value, or of its length."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and number < least:
        yield _breach(value, path, f"Member must have {what} greater than or equal to {least}")
    if most is not None and number > most:
        yield _breach(value, path, f"Member must have {what} less than or equal to {most}")


def _breach(value: object, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return _is_number(value) and float(cast("float | str", value)).is_integer()


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and value.lower() in {"true", "false"})


def _is_timestamp(value: object) -> bool:
    return isinstance(value, datetime) or (isinstance(value, str) and bool(value)) or _is_number(value)


_TYPES: Mapping[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "blob": lambda value: isinstance(value, bytes | bytearray | str) or hasattr(value, "read"),
    "boolean": _is_boolean,
    "integer": _is_whole,
    "long": _is_whole,
    "float": _is_number,
    "double": _is_number,
    "timestamp": _is_timestamp,
    "list": lambda value: isinstance(value, list | tuple),
    "map": lambda value: isinstance(value, Mapping),
    "structure": lambda value: isinstance(value, Mapping),
}


def _botocore_name(service: str) -> str:
    return _BOTOCORE_NAMES.get(service, service)


@lru_cache(maxsize=64)
def _definitions(service: str) -> Mapping[str, Any]:
    definitions: Mapping[str, Any] = Loader(include_default_search_paths=True).load_service_model(service, "service-2")
    return definitions


@lru_cache(maxsize=64)
def _service_model(service: str) -> ServiceModel:
    return ServiceModel(_definitions(service), service)


@lru_cache(maxsize=1024)
def _input_shape(service: str, operation: str) -> StructureShape:
    shape: StructureShape | None = _service_model(service).operation_model(operation).input_shape
    return StructureShape("Nothing", {"type": "structure", "members": {}}) if shape is None else shape


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> re.Pattern[str] | None:
    try:
        return compile_java(pattern)
    except re.error:
        return None
