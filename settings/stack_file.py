"""Reads a Pulumi.<stack>.yaml without an engine, into the values that the engine would send to the program."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import yaml

from settings import NAMESPACE, namespaces, regions, secrets
from settings.problems import Problems, key_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PREFIX = NAMESPACE + ":"
_SECRET = "https://secret.invalid/"  # noqa: S105 - replaces, with its place, a value that is unknown here
"""This address is valid where config may have a secret. Everywhere else the secret is a problem."""
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {**dict.fromkeys(("true", "True", "TRUE"), True), **dict.fromkeys(("false", "False", "FALSE"), False)}
_BASES = {"0b": 2, "0o": 8, "0x": 16}
_INTEGER = re.compile(r"([-+]?)(0b|0o|0x)?([0-9a-fA-F][0-9a-fA-F_]*)")
_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?: +|(?P<t>[Tt]))(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](?P<fraction>\d+))?"
    r"(?P<offset>Z|[-+]\d\d:[0-5]\d)?)?",
    re.ASCII,
)
_LARGEST = 100_000
"""The most values under a key, including those that aliases repeat: a hundred times as many as a large stack has."""


class _UnreadableError(Exception):
    """The file cannot be read. The error has the line and the reason."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


def read(file: Path, problems: Problems) -> dict[str, Any] | None:
    """Return the values of the project's keys in a stack file, by key without the namespace.

    Plain scalars are resolved like the engine's reader (yaml.v3) does: `off` and `yes` stay text, `0x10` is a number,
    and a bare date becomes the text that Go writes for it. For a file that cannot be read, the result is None and the
    problem has the line. A secret that would be stored in clear is a problem with its key path.
    """
    try:
        nodes, values = _sound(file, problems)
    except (OSError, _UnreadableError) as error:
        _report(file, error, problems)
        return None
    secrets.check(
        [path for key, node in nodes.items() for path in _secret_paths(node, _PREFIX + key)], NAMESPACE, problems
    )
    return values


def region(file: Path, problems: Problems) -> str | None:
    """Return the `aws:region` of a stack file; None, with a problem, when it is missing, wrong or cannot be read."""
    try:
        node = _pairs_of_config(file).get(regions.KEY)
    except (OSError, _UnreadableError) as error:
        _report(file, error, problems)
        return None
    where = f"{file.name}: {regions.KEY}"
    if node is None:
        problems.add(where, "is missing")
        return None
    return str(node.value) if _check_region(node, where, problems) else None


def _check_region(node: yaml.Node, where: str, problems: Problems) -> bool:
    """Report a region that AWS does not have; return whether it is one."""
    if not isinstance(node, yaml.ScalarNode) or node.value in _NULL:
        problems.add(where, "must be the name of a region, such as eu-central-1")
        return False
    doubt = regions.doubt(node.value)
    if doubt:
        problems.add_value(where, node.value, doubt)
    return doubt is None


def secret_paths(file: Path) -> list[str]:
    """Return the key paths of the secrets under the project's keys in a stack file; [] when it cannot be read."""
    try:
        nodes, _ = _sound(file, Problems())
        return [path for key, node in nodes.items() for path in _secret_paths(node, _PREFIX + key)]
    except (OSError, _UnreadableError):
        return []


def not_yaml(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """Return the line of a YAML error, and the message for it."""
    mark = error.problem_mark or error.context_mark
    message = f'this is not YAML: {error.problem}; quote text that has stars, spaces or colons, such as "0 2 * * ? *"'
    return mark.line + 1 if mark else 1, message


def _report(file: Path, error: OSError | _UnreadableError, problems: Problems) -> None:
    """Report why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        known = ", ".join(sorted(path.name for path in file.parent.glob("Pulumi.*.yaml")))
        problems.add(file.name, f"there is no such stack file; must be one of: {known}")
    elif isinstance(error, OSError):
        problems.add(file.name, f"cannot be read: {error.strerror}")
    else:
        problems.add(f"{file.name}:{error.line}", str(error))


def _sound(file: Path, problems: Problems) -> tuple[dict[str, yaml.Node], dict[str, Any]]:
    """Return the nodes and the values of our keys, by key; `_UnreadableError` when the engine cannot read the file."""
    nodes = _config(file, problems)
    return nodes, {key: _value(node, (), iter(range(_LARGEST))) for key, node in nodes.items()}


def _config(file: Path, problems: Problems) -> dict[str, yaml.Node]:
    """Return the nodes of our keys. A key without a namespace is ours too, since the engine adds the project's."""
    pairs = _pairs_of_config(file)
    namespaces.check((key for key in pairs if ":" in key), problems)
    if (region := pairs.get(regions.KEY)) and not _is_secret(region):
        _check_region(region, regions.KEY, problems)
    ours = {key: value for key, value in pairs.items() if key.startswith(_PREFIX) or ":" not in key}
    for key, value in ours.items():
        if _PREFIX + key in ours:
            raise _UnreadableError(value.start_mark.line + 1, f"the key '{key}' is also written as '{_PREFIX}{key}'")
    return {key.removeprefix(_PREFIX): value for key, value in ours.items()}


def _pairs_of_config(file: Path) -> dict[str, yaml.Node]:
    """Return the nodes of all keys under `config`."""
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
    return dict(_pairs(config))


def _pairs(node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    """Yield the keys and values of a mapping; refuse a key that is there twice, as the engine does."""
    if not isinstance(node, yaml.MappingNode):
        raise _UnreadableError(node.start_mark.line + 1, "must be a mapping")
    seen: dict[str, int] = {}
    for key, value in node.value:
        if _is_merge(key):
            continue
        name, line = str(key.value), key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise _UnreadableError(line, "a key must be text, not a list or a mapping")
        if name in seen:
            raise _UnreadableError(line, f"the key '{name}' is already on line {seen[name]}")
        seen[name] = line
        yield name, value


def _value(node: yaml.Node, above: tuple[yaml.Node, ...], allowed: Iterator[int]) -> Any:  # noqa: ANN401 - YAML holds anything
    if next(allowed, None) is None:
        raise _UnreadableError(
            node.start_mark.line + 1, f"has more than {_LARGEST} values, including those that aliases repeat"
        )
    if node in above:
        raise _UnreadableError(node.start_mark.line + 1, "an anchor contains itself")
    if isinstance(node, yaml.MappingNode):
        if _is_secret(node):
            return f"{_SECRET}{node.start_mark.line + 1}.{node.start_mark.column + 1}"
        own = {key: _value(value, (*above, node), allowed) for key, value in _pairs(node)}
        for other in _merged(node):
            own = {**_value(other, (*above, node), allowed), **own}
        return own
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*above, node), allowed) for item in node.value]
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    found = scalar(node.value) if plain else node.value
    if isinstance(found, float) and not math.isfinite(found):
        raise _UnreadableError(
            node.start_mark.line + 1, f"'{node.value}' is not a number that can be read; quote it if it is text"
        )
    return found


def _merged(node: yaml.MappingNode) -> Iterator[yaml.MappingNode]:
    """Yield the mappings that a mapping merges with `<<`."""
    for key, value in node.value:
        if _is_merge(key):
            for other in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(other, yaml.MappingNode) or _is_secret(other):
                    raise _UnreadableError(key.start_mark.line + 1, "<< can only merge a mapping")
                yield other


def _is_merge(key: yaml.Node) -> bool:
    """Return whether a key is a plain `<<`, which merges; a quoted `<<` is a key like any other."""
    return isinstance(key, yaml.ScalarNode) and key.style is None and key.value == "<<"


def scalar(text: str) -> str | float | bool | None:
    """Return the value of a plain scalar, resolved as the engine does when it reads config."""
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    number = _integer(text)
    if number is not None:
        return number
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NO_NUMBER.fullmatch(text):
        return math.nan
    return _time(text) or text


def _time(text: str) -> str | None:
    """Return a date, with or without a time, as Go writes it; None for text that is not a date to the engine."""
    found = _DATE.fullmatch(text)
    if found is None or bool(found["t"]) != bool(found["offset"]):
        return None
    year, month, day, _, hour, minute, second, *_ = found.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))  # noqa: DTZ001 - only for its text
    except ValueError:
        return None
    fraction = (found["fraction"] or "")[:9].rstrip("0")
    offset = (found["offset"] or "Z").replace(":", "")
    zone = "+0000 UTC" if offset in {"Z", "+0000", "-0000"} else f"{offset} {offset}"
    return f"{moment.isoformat(' ')}{'.' if fraction else ''}{fraction} {zone}"


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
        for key, value in _pairs(node):
            yield from _secret_paths(value, key_path(where, key))
        for other in _merged(node):
            yield from _secret_paths(other, where)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield from _secret_paths(value, key_path(where, i))


def _is_secret(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode) and [key.value for key, _ in node.value] == ["secure"]
