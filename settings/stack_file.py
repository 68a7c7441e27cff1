"""Reads a Pulumi.<stack>.yaml without an engine, into the values that the engine would send to the program."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from settings import NAMESPACE, engine_scalars, namespaces, regions, secrets, sent_value, yaml_tree
from settings.engine_yaml import UnreadableError, compose
from settings.problems import Problems
from settings.yaml_tree import Tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PREFIX = NAMESPACE + ":"


def read(file: Path, problems: Problems) -> dict[str, Any] | None:
    """Return the values of the project's keys in a stack file, by key without the namespace.

    YAML is read as the engine reads it. For a file that the engine cannot read, the result is None and the problem has
    the line. A secret that would be stored in clear is a problem with its key path.
    """
    try:
        nodes, values = _sound(file, problems)
    except (OSError, UnreadableError) as error:
        _report(file, error, problems)
        return None
    leaves = _leaves(nodes)
    problems.show_as_typed(leaves.typed)
    secrets.check(leaves.secrets, NAMESPACE, problems)
    _check_sections(nodes, values, problems)
    return values


def region(file: Path, problems: Problems) -> str | None:
    """Return the `aws:region` of a stack file; None, with a problem, when it is missing, wrong or cannot be read."""
    try:
        node = _pairs_of_config(file).get(regions.KEY)
    except (OSError, UnreadableError) as error:
        _report(file, error, problems)
        return None
    where = f"{file.name}: {regions.KEY}"
    if node is None:
        problems.add(where, "is missing")
        return None
    return str(node.value) if _check_region(node, where, problems) else None


def _check_region(node: yaml.Node, where: str, problems: Problems) -> bool:
    """Report a region that AWS does not have; return whether it is one."""
    if not isinstance(node, yaml.ScalarNode) or yaml_tree.is_null(node):
        problems.add(where, "must be the name of a region, such as eu-central-1")
        return False
    doubt = regions.doubt(node.value)
    if doubt:
        problems.add_value(where, node.value, doubt)
    return doubt is None


@dataclass(frozen=True)
class Leaves:
    """What a stack file tells that the values of its keys do not."""

    secrets: Sequence[str]
    """The key paths of the secrets under the project's keys."""
    typed: Mapping[str, str]
    """The text of each number, true, false and null, as it was typed, by key path."""


def leaves(file: Path) -> Leaves:
    """Return what a stack file tells beside the values; nothing when it cannot be read."""
    try:
        nodes, _ = _sound(file, Problems())
        return _leaves(nodes)
    except (OSError, UnreadableError):
        return Leaves((), {})


def _report(file: Path, error: OSError | UnreadableError, problems: Problems) -> None:
    """Report why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        known = ", ".join(sorted(path.name for path in file.parent.glob("Pulumi.*.yaml")))
        problems.add(file.name, f"there is no such stack file; must be one of: {known}")
    elif isinstance(error, OSError):
        problems.add(file.name, f"cannot be read: {error.strerror}")
    else:
        problems.add(f"{file.name}:{error.line}", str(error))


def _sound(file: Path, problems: Problems) -> tuple[dict[str, yaml.Node], dict[str, Any]]:
    """Return the nodes and the values of our keys, by key; `UnreadableError` when the engine cannot read the file."""
    nodes = _config(file, problems)
    return nodes, {key: _sent(node) for key, node in nodes.items()}


def _check_sections(nodes: Mapping[str, yaml.Node], values: Mapping[str, object], problems: Problems) -> None:
    """Report text that holds JSON. The program would read it, but the engine refuses it: Pulumi.yaml wants objects."""
    for key, node in nodes.items():
        if isinstance(node, yaml.ScalarNode) and not isinstance(values[key], str):
            problems.add(
                _PREFIX + key, "is text that holds JSON, but the engine accepts only a mapping; write it without quotes"
            )


def _sent(node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return sent_value.parse(engine_scalars.as_text(yaml_tree.finite(node)))
    return Tree().value(node)


def _leaves(nodes: Mapping[str, yaml.Node]) -> Leaves:
    secret_paths, typed = [], {}
    for key, node in nodes.items():
        for path, leaf in Tree().leaves(node, _PREFIX + key):
            if yaml_tree.is_secret(leaf):
                secret_paths.append(path)
            elif not isinstance(yaml_tree.scalar(leaf), str):
                typed[path] = str(leaf.value)
    return Leaves(secret_paths, typed)


def _config(file: Path, problems: Problems) -> dict[str, yaml.Node]:
    """Return the nodes of our keys, without the namespace."""
    pairs = _pairs_of_config(file)
    namespaces.check(pairs, problems)
    if (region := pairs.get(regions.KEY)) and not yaml_tree.is_secret(region):
        _check_region(region, regions.KEY, problems)
    return {key.removeprefix(_PREFIX): value for key, value in pairs.items() if key.startswith(_PREFIX)}


def _pairs_of_config(file: Path) -> dict[str, yaml.Node]:
    """Return the nodes of all keys under `config`, each with its namespace."""
    root = compose(_content(file))
    if root is None or yaml_tree.is_null(root):
        return {}
    top = Tree().pairs(root, yaml_tree.text_key)
    _check_environment(top.get("environment"))
    config = top.get("config")
    if config is None or yaml_tree.is_null(config):
        return {}
    found: dict[str, yaml.Node] = {}
    for written, value in Tree().pairs(config, yaml_tree.text_key).items():
        key = _with_namespace(written, value)
        if key in found:
            raise UnreadableError(yaml_tree.line(value), f"the key '{key}' is also written in another form")
        found[key] = value
    return found


def _content(file: Path) -> bytes:
    """Return the bytes of a file. A pipe or a device, which may never end, is an OSError."""
    if file.exists() and not file.is_file() and not file.is_dir():
        raise OSError(errno.EINVAL, "it is not a regular file")
    return file.read_bytes()


def _check_environment(node: yaml.Node | None) -> None:
    """Refuse environments of Pulumi ESC, which the engine reads with the backend of Pulumi Cloud alone."""
    if node is not None and node.value and not yaml_tree.is_null(node):
        raise UnreadableError(
            yaml_tree.line(node),
            "environment: Pulumi ESC works with the backend of Pulumi Cloud alone; write its values under config",
        )


def _with_namespace(key: str, node: yaml.Node) -> str:
    """Return a key as the engine reads it: a key without a namespace is the project's."""
    match key.split(":"):
        case [name]:
            return _PREFIX + name
        case [namespace, name] | [namespace, "config", name]:
            return f"{namespace}:{name}"
        case _:
            raise UnreadableError(yaml_tree.line(node), f"the key '{key}' must be of the form <namespace>:<name>")
