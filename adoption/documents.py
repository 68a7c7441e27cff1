"""YAML and JSON files with the line of each of their parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from adoption.found import SourceError
from settings import yaml_tree
from settings.engine_yaml import UnreadableError, compose_all
from settings.yaml_tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_ITEM = re.compile(r"\[(\d+)\]\.?(.*)")
"""What follows the path of a list in the path of a part of an item."""


@dataclass(frozen=True)
class Document:
    """A document of a file."""

    value: Any
    file: str
    line: int
    lines: Mapping[str, int]
    """The line of each part, by its path, such as `spec.containers[0].name`."""

    def place(self, path: str) -> str:
        """Return the file and the line of a part, or of the nearest part around it that the file has."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return f"{self.file}:{self.lines.get(path, self.line)}"

    def items(self, key: str) -> list[Document]:
        """Return the items of the list below a key, each as a document of its own; none if there is no list."""
        listed = self.value.get(key) if isinstance(self.value, dict) else None
        values = listed if isinstance(listed, list) else []
        inside: list[dict[str, int]] = [{} for _ in values]
        for path, line in self.lines.items():
            if found := _ITEM.fullmatch(path.removeprefix(key)):
                inside[int(found[1])][found[2]] = line
        return [
            Document(value, self.file, lines.get("", self.line), lines)
            for value, lines in zip(values, inside, strict=True)
        ]


def read(content: bytes, file: str) -> list[Document]:
    """Return the documents of a file that are not empty. Raises SourceError when it is no YAML."""
    try:
        nodes = [node for node in compose_all(content) if not yaml_tree.is_null(node)]
        return [Document(Tree().value(node), file, yaml_tree.line(node), dict(_lines(node, ""))) for node in nodes]
    except UnreadableError as error:
        raise SourceError(f"{file}:{error.line}: {error}") from None


def _lines(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    """Yield the path and the line of each part. That of a merged mapping is not yielded."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{path}.{key.value}" if path else str(key.value)
            yield inner, yaml_tree.line(key)
            yield from _lines(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            yield f"{path}[{place}]", yaml_tree.line(item)
            yield from _lines(item, f"{path}[{place}]")
