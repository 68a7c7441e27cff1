"""Check a stack file, and copy it without its secrets."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.errors import SandboxError
from sandbox.session import CHECKOUT
from settings import Problems, stack_file, yaml_tree
from settings.engine_yaml import UNTAGGED, UnreadableError, compose
from settings.yaml_tree import Tree, is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECRETS_PROVIDER_KEYS = ("secretsprovider", "encryptionsalt", "encryptedkey")
_STACK_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
"""Pulumi's own limits for a stack's name."""
_ACCOUNT = re.compile(r"[0-9]{12}")
_WIDTH = 1_000_000
"""Columns of a line in the copy, so that every value is on one line."""


def check_stack_file(source: Path, stack: str) -> None:
    """Raise SandboxError unless the program at `source` has a readable file for this stack."""
    if not _STACK_NAME.fullmatch(stack):
        shown = stack if len(stack) <= 40 else stack[:40] + "…"  # noqa: PLR2004 - enough to recognize the name
        raise SandboxError(f"{shown!r} is not a stack name; must be 1 to 100 of A-Z, a-z, 0-9, '.', '_' and '-'")
    file = source / f"Pulumi.{stack}.yaml"
    if not file.exists():
        known = ", ".join(sorted(p.name[len("Pulumi.") : -len(".yaml")] for p in source.glob("Pulumi.*.yaml")))
        place = f" in {source.relative_to(CHECKOUT)}/" if CHECKOUT in source.parents else ""
        raise SandboxError(f"stack '{stack}' has no file {file.name}{place}; the stack must be one of: {known}")
    _root(file)


def check_region(file: Path) -> None:
    """Raise SandboxError unless a stack file names one AWS region, of any partition."""
    problems = Problems()
    if stack_file.region(file, problems) is None:
        raise SandboxError("; ".join(map(str, problems)))


def region(file: Path) -> str | None:
    """Return the region of a stack file; None when it names no region of AWS."""
    return stack_file.region(file, Problems())


def account(file: Path) -> str | None:
    """Return the account of a platform's stack file; None when it sets none. SandboxError when it is not one."""
    node = _child(_child(_root(file), "config"), "platform:account")
    if node is None:
        return None
    if not isinstance(node, yaml.ScalarNode) or not _ACCOUNT.fullmatch(node.value):
        shown = f"'{node.value}' " if isinstance(node, yaml.ScalarNode) else ""
        raise SandboxError(
            f"{file.name}:{node.start_mark.line + 1}: platform:account: {shown}must be 12 digits in quotes"
        )
    return str(node.value)


def without_secrets(file: Path) -> tuple[str, list[str]]:
    """Return a stack file's text without its secrets provider and its secrets' values, and the paths of the secrets.

    Scalars are copied as written: `off` is still `off`, and the engine parses a bare date itself.
    """
    root = _root(file)
    if root is None:
        return "config: {}\n", []
    try:
        config = Tree().pairs(root, yaml_tree.text_key).get("config")
        named = Tree().pairs(config, yaml_tree.text_key) if isinstance(config, yaml.MappingNode) else {}
        secrets = [path for name, node in named.items() for path in _secrets(node, name)]
    except UnreadableError as error:
        raise SandboxError(f"{file.name}:{error.line}: {error}") from None
    done: dict[int, yaml.Node] = {}
    root.value = [(key, _blanked(node, done)) for key, node in root.value if key.value not in _SECRETS_PROVIDER_KEYS]
    return yaml.serialize(root, Dumper=_Dumper, width=_WIDTH, allow_unicode=True), secrets


def placeholder(path: str) -> str:
    """Return a placeholder for a secret's value, in a form that every config key for secrets accepts."""
    return f"https://example.invalid/placeholder-{hashlib.sha256(path.encode()).hexdigest()[:8]}"


def project(file: Path) -> dict[str, Any]:
    """Return the content of a Pulumi.yaml."""
    try:
        value = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise SandboxError(f"{file.name} cannot be read: {str(error).splitlines()[0]}") from error
    if not isinstance(value, dict):
        raise SandboxError(f"{file.name} must be a mapping")
    return value


class _Dumper(yaml.BaseDumper):
    """Leaves values as they are written in the file."""

    def resolve(self, _kind: type[yaml.Node], _value: str, _implicit: object) -> str:
        """Return the tag of a node that has no tag in the file."""
        return UNTAGGED


def _root(file: Path) -> yaml.MappingNode | None:
    """Return the parsed stack file; None when it is empty.

    Raises SandboxError with the line when the engine cannot read the file.
    """
    problems = Problems()
    try:
        if stack_file.read(file, problems) is None:
            raise SandboxError("; ".join(map(str, problems)))
        root = compose(file.read_bytes())
        _prepare(root, file, {})
    except OSError as error:
        raise SandboxError(f"{file.name} cannot be read: {error.strerror}") from error
    except RecursionError:
        raise SandboxError(f"{file.name} cannot be read: values are nested too deeply") from None
    return root if isinstance(root, yaml.MappingNode) else None


def _child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for key, value in pairs if key.value == name), None)


def _prepare(node: yaml.Node | None, file: Path, known: dict[int, bool]) -> None:
    """Refuse a node that is not a tree with text keys, and set a style in which plain scalars remain plain."""
    if isinstance(node, yaml.CollectionNode):
        line = node.start_mark.line + 1
        if known.get(id(node)) is False:
            raise SandboxError(f"{file.name}:{line}: an anchor contains itself")
        if id(node) in known:
            return
        known[id(node)] = False
        node.flow_style = not node.value  # flow style would quote an empty value and a bare date with a time
        for child in node.value:
            if isinstance(node, yaml.MappingNode):
                key, value = child
                if not isinstance(key, yaml.ScalarNode):
                    raise SandboxError(f"{file.name}:{key.start_mark.line + 1}: a key must be text")
                _prepare(value, file, known)
            else:
                _prepare(child, file, known)
        known[id(node)] = True


def _secrets(node: yaml.Node, path: str) -> Iterator[str]:
    """Yield the paths of the `secure:` values under a node, in Pulumi's own notation."""
    if is_secret(node):
        yield path
    elif isinstance(node, yaml.MappingNode):
        for key, value in Tree().pairs(node, yaml_tree.nested_key).items():
            yield from _secrets(value, path + _step(key))
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield from _secrets(value, f"{path}[{i}]")


def _step(key: str) -> str:
    """Return a key as a step of a Pulumi path, quoted when it contains a separator."""
    return f"[{json.dumps(key)}]" if set(key) & set('.[]"') else f".{key}"


def _blanked(node: yaml.Node, done: dict[int, yaml.Node]) -> yaml.Node:
    """Return the node with empty text for each `secure:` value, so that positions in lists do not change.

    `done` has the results for the nodes before, by their `id`, since aliases repeat a node.
    """
    if id(node) in done:
        return done[id(node)]
    done[id(node)] = yaml.ScalarNode(UNTAGGED, "", style='"') if is_secret(node) else node
    if isinstance(node, yaml.MappingNode):
        node.value = [(key, _blanked(value, done)) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        node.value = [_blanked(value, done) for value in node.value]
    return done[id(node)]
