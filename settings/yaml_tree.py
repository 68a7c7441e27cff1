"""Reads values, pairs and secrets from the nodes of a stack file, with anchors, merges and tags as in the engine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from settings import engine_scalars
from settings.engine_scalars import Scalar, TagError
from settings.engine_yaml import UNTAGGED, UnreadableError
from settings.problems import key_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SECRET = "https://secret.invalid/"  # noqa: S105 - replaces, with its place, a value that is unknown here
"""This address is valid where config may have a secret. Everywhere else the secret is a problem."""
_MERGE = "<<"
_LARGEST = 100_000
"""The most values below a node, including those that aliases repeat: a hundred times as many as a large stack has."""

_Above: TypeAlias = tuple[yaml.Node, ...]
"""The nodes that contain a node."""


class Tree:
    """What is below a node. It is counted, since aliases can repeat a few nodes without end."""

    def __init__(self) -> None:
        """Begin to count."""
        self._left = _LARGEST

    def value(self, node: yaml.Node, above: _Above = ()) -> Any:  # noqa: ANN401 - YAML holds anything
        """Return the value of a node in the program."""
        self._count(node, above)
        if is_secret(node):
            return f"{_SECRET}{line(node)}.{node.start_mark.column + 1}"
        if isinstance(node, yaml.MappingNode):
            pairs = self.pairs(node, nested_key, above)
            return {key: self.value(value, (*above, node)) for key, value in pairs.items()}
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*above, node)) for item in node.value]
        return engine_scalars.as_json(finite(node))

    def pairs(self, node: yaml.Node, key_of: Callable[[yaml.Node], str], above: _Above = ()) -> dict[str, yaml.Node]:
        """Return the nodes of a mapping by key, with those that it merges. Of two equal keys the later one wins."""
        if not isinstance(node, yaml.MappingNode):
            raise UnreadableError(line(node), "must be a mapping")
        _check_keys(node)
        own = {key_of(key): value for key, value in node.value if key.value != _MERGE}
        for key, value in node.value:
            for other in _merged(key, value) if key.value == _MERGE else ():
                self._count(other, (*above, node))
                own = {**self.pairs(other, key_of, (*above, node)), **own}
        return own

    def leaves(self, node: yaml.Node, where: str, above: _Above = ()) -> Iterator[tuple[str, yaml.Node]]:
        """Yield the secrets and the scalars below a node at this path, each with its key path."""
        self._count(node, above)
        if isinstance(node, yaml.ScalarNode) or is_secret(node):
            yield where, node
        elif isinstance(node, yaml.MappingNode):
            for key, value in self.pairs(node, nested_key, above).items():
                yield from self.leaves(value, key_path(where, key), (*above, node))
        elif isinstance(node, yaml.SequenceNode):
            for i, value in enumerate(node.value):
                yield from self.leaves(value, key_path(where, i), (*above, node))

    def _count(self, node: yaml.Node, above: _Above) -> None:
        self._left -= 1
        if self._left < 0:
            raise UnreadableError(line(node), f"has more than {_LARGEST} values, including those that aliases repeat")
        if node in above:
            raise UnreadableError(line(node), "an anchor contains itself")


def is_secret(node: yaml.Node) -> bool:
    """Return whether a node is the mapping that `pulumi config set --secret` writes instead of a value."""
    if not isinstance(node, yaml.MappingNode) or [key.value for key, _ in node.value] != ["secure"]:
        return False
    value = node.value[0][1]
    return isinstance(value, yaml.ScalarNode) and isinstance(scalar(value), str)


def is_hidden(value: str) -> bool:
    """Return whether a value stands for a secret, which nobody can read here."""
    return value.startswith(_SECRET)


def is_null(node: yaml.Node) -> bool:
    """Return whether a node is YAML's null."""
    return isinstance(node, yaml.ScalarNode) and scalar(node) is None


def finite(node: yaml.Node) -> Scalar:
    """Return the value of a scalar. JSON, in which the engine sends it, has no infinite numbers."""
    value = scalar(node)
    if isinstance(value, float) and not math.isfinite(value):
        raise UnreadableError(line(node), f"'{node.value}' is not a number that can be read; quote it if it is text")
    return value


def scalar(node: yaml.Node) -> Scalar:
    """Return the value of a scalar in YAML."""
    if node.tag == UNTAGGED:
        quoted = isinstance(node, yaml.ScalarNode) and node.style is not None
        return str(node.value) if quoted else engine_scalars.plain(node.value)
    try:
        return engine_scalars.tagged(node.tag, node.value)
    except TagError as error:
        raise UnreadableError(line(node), str(error)) from None


def text_key(node: yaml.Node) -> str:
    """Return a key that must be text."""
    value = scalar(node)
    if not isinstance(value, str) or value != node.value:  # a date has become another text
        raise UnreadableError(line(node), f"the key {node.value} is not text; quote it")
    return value


def nested_key(node: yaml.Node) -> str:
    """Return a key below a key of config, which the engine makes text."""
    return engine_scalars.as_key(finite(node))


def line(node: yaml.Node) -> int:
    """Return the line of a node, which counts from 1."""
    return int(node.start_mark.line) + 1


def _check_keys(mapping: yaml.MappingNode) -> None:
    """Refuse a key that is no scalar, or is written twice. An alias is written as its name, not as its value."""
    seen: dict[tuple[str, bool], int] = {}
    for key, _ in mapping.value:
        if not isinstance(key, yaml.ScalarNode):
            raise UnreadableError(line(key), "a key must be text, not a list or a mapping")
        written = key.value, key.start_mark.index < mapping.start_mark.index
        if written in seen:
            raise UnreadableError(line(key), f"the key '{key.value}' is already on line {seen[written]}")
        seen[written] = line(key)


def _merged(key: yaml.Node, value: yaml.Node) -> Iterator[yaml.MappingNode]:
    """Yield the mappings that a `<<` merges, however it is written."""
    for other in value.value if isinstance(value, yaml.SequenceNode) else [value]:
        if not isinstance(other, yaml.MappingNode) or is_secret(other):
            raise UnreadableError(line(key), "<< can only merge a mapping")
        yield other
