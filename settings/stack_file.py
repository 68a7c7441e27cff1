"""Reads a Pulumi.<stack>.yaml without an engine, to the values that the engine would hand to the program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from settings import NAMESPACE, secrets
from settings.problems import Problems, key_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PREFIX = NAMESPACE + ":"
_SECRET = "[secret]"  # noqa: S105 - stands for a value that is not known here
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {**dict.fromkeys(("true", "True", "TRUE"), True), **dict.fromkeys(("false", "False", "FALSE"), False)}
_BASES = {"0b": 2, "0o": 8, "0x": 16}
_INTEGER = re.compile(r"([-+]?)(0b|0o|0x)?([0-9a-fA-F][0-9a-fA-F_]*)")
_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ \t]+(\d{1,2}):(\d{1,2}):(\d{1,2}))?")


class _UnreadableError(Exception):
    """The file cannot be read; carries the line and what is wrong."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


def read(file: Path, problems: Problems) -> dict[str, Any] | None:
    """Return the `scheduled-jobs:*` values of a stack file, by key without the namespace.

    Plain scalars become what the engine's reader (yaml.v3) makes of them: `off` and `yes` stay text, `0x10` is a
    number, a bare date is text of its own. A file that cannot be read is a problem with its line, and the result None;
    a secret where it would be stored in clear is a problem with its key path.
    """
    try:
        nodes = _config(file)
        values = {key: _value(node) for key, node in nodes.items()}
    except FileNotFoundError:
        known = ", ".join(sorted(path.name for path in file.parent.glob("Pulumi.*.yaml")))
        problems.add(file.name, f"there is no such stack file; accepted: {known}")
        return None
    except _UnreadableError as error:
        problems.add(f"{file.name}:{error.line}", str(error))
        return None
    secrets.check(
        [path for key, node in nodes.items() for path in _secret_paths(node, _PREFIX + key)], NAMESPACE, problems
    )
    return values


def secret_paths(file: Path) -> list[str]:
    """Return the key paths of the secrets under `scheduled-jobs:*` in a stack file; none when it cannot be read."""
    try:
        return [path for key, node in _config(file).items() for path in _secret_paths(node, _PREFIX + key)]
    except (OSError, _UnreadableError):
        return []


def not_yaml(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """Return the line at which a file ends to be YAML, and what is said of it."""
    mark = error.problem_mark or error.context_mark
    message = f'this is not YAML: {error.problem}; quote what holds stars, spaces or colons, such as "0 2 * * ? *"'
    return mark.line + 1 if mark else 1, message


def _config(file: Path) -> dict[str, yaml.Node]:
    """Return the nodes of our keys."""
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        raise _UnreadableError(*not_yaml(error)) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise _UnreadableError(1, f"this is not YAML: {str(error).splitlines()[0]}") from None
    if root is None:
        return {}
    config = next((value for key, value in _pairs(root) if key == "config"), None)
    if config is None or (isinstance(config, yaml.ScalarNode) and config.value in _NULL):
        return {}
    return {key.removeprefix(_PREFIX): value for key, value in _pairs(config) if key.startswith(_PREFIX)}


def _pairs(node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    """Give the keys and values of a mapping; a key that comes twice, which the engine refuses, is refused."""
    if not isinstance(node, yaml.MappingNode):
        raise _UnreadableError(node.start_mark.line + 1, "must be a mapping")
    seen: dict[str, int] = {}
    for key, value in node.value:
        if _is_merge(key):
            continue
        name, line = str(key.value), key.start_mark.line + 1
        if name in seen:
            raise _UnreadableError(line, f"the key '{name}' is already in line {seen[name]}")
        seen[name] = line
        yield name, value


def _value(node: yaml.Node, above: tuple[yaml.Node, ...] = ()) -> Any:  # noqa: ANN401 - YAML holds anything
    if node in above:
        raise _UnreadableError(node.start_mark.line + 1, "an anchor contains itself")
    if isinstance(node, yaml.MappingNode):
        if _is_secret(node):
            return _SECRET
        own = {key: _value(value, (*above, node)) for key, value in _pairs(node)}
        for other in _merged(node):
            own = {**_value(other, (*above, node)), **own}
        return own
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*above, node)) for item in node.value]
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return scalar(node.value) if plain else node.value


def _merged(node: yaml.MappingNode) -> Iterator[yaml.MappingNode]:
    """Give the mappings that a mapping takes over by `<<`."""
    for key, value in node.value:
        if _is_merge(key):
            for other in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(other, yaml.MappingNode) or _is_secret(other):
                    raise _UnreadableError(key.start_mark.line + 1, "what is merged by << must be a mapping")
                yield other


def _is_merge(key: yaml.Node) -> bool:
    """Tell a plain `<<`, which merges, from a quoted one, which is a key like others."""
    return isinstance(key, yaml.ScalarNode) and key.style is None and key.value == "<<"


def scalar(text: str) -> str | float | bool | None:
    """Resolve a plain scalar as the engine does when it reads config."""
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    number = _integer(text)
    if number is not None:
        return number
    if _FLOAT.fullmatch(text):
        return float(text)
    date = _DATE.fullmatch(text)
    if date:
        year, month, day, hour, minute, second = (int(part or 0) for part in date.groups())
        return f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} +0000 UTC"
    return text


def _integer(text: str) -> int | None:
    found = _INTEGER.fullmatch(text)
    if found is None:
        return None
    sign, prefix, digits = found.groups()
    # A leading zero means octal, as in YAML 1.1.
    base = _BASES[prefix] if prefix else 8 if digits.startswith("0") and digits != "0" else 10
    try:
        return int(sign + digits.replace("_", ""), base)
    except ValueError:
        return None


def _secret_paths(node: yaml.Node, where: str) -> Iterator[str]:
    if _is_secret(node):
        yield where
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _secret_paths(value, key_path(where, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield from _secret_paths(value, key_path(where, i))


def _is_secret(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode) and [key.value for key, _ in node.value] == ["secure"]
