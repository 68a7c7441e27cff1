"""Pulumi stacks on the embedded AWS: a copy of a project's files, and the real CLI that works on it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from sandbox import environment
from sandbox.errors import SandboxError
from sandbox.session import CHECKOUT
from settings.stack_file import not_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sandbox.session import Server, Session

_SECRETS_PROVIDER_KEYS = ("secretsprovider", "encryptionsalt", "encryptedkey")
_SAME = frozenset({"same", "read"})


@dataclass(frozen=True)
class Stack:
    """A stack of a project whose program is at `source`, worked on from a copy of its Pulumi.yaml and stack file.

    The copy keeps the sandbox out of the user's files: Pulumi writes the salt of its secrets into the stack file.
    """

    session: Session
    project: str
    name: str
    source: Path
    server: Server

    @property
    def folder(self) -> Path:
        """Where the copy is."""
        return self.session.project_folder(self.project, self.name)

    @property
    def file(self) -> Path:
        """The user's stack file."""
        return self.source / f"Pulumi.{self.name}.yaml"

    def prepare(self, config: Mapping[str, str] | None = None) -> None:
        """Copy the project's files, and make the stack unless it is there. `config` is set over the stack file's."""
        secrets = self._copy_files()
        self.run("stack", "select", "--create", self.name, quiet=True)
        for key, value in (config or {}).items():
            self.run("config", "set", key, value, quiet=True)
        for path in secrets:
            self.run("config", "set", "--secret", "--path", path, placeholder(path), quiet=True)

    def _copy_files(self) -> list[str]:
        """Copy the project's files as they are now; return the paths of the secrets, which are left out."""
        check_stack_file(self.source, self.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        project = _read_yaml(self.source / "Pulumi.yaml")
        project |= {"main": str(self.source), "runtime": "python"}
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(project, sort_keys=False))
        text, secrets = without_secrets(self.file)
        (self.folder / self.file.name).write_text(text)
        return secrets

    def up(self, *, quiet: bool = False) -> int:
        """Deploy; return how many resources changed."""
        events = self.folder / "events.json"
        events.unlink(missing_ok=True)
        self.run("up", "--yes", "--skip-preview", "--non-interactive", "--event-log", str(events), quiet=quiet)
        return sum(n for operation, n in _changes(events).items() if operation not in _SAME)

    def run(self, *arguments: str, quiet: bool = False) -> str:
        """Run the CLI; what it prints goes to the user, or is returned when `quiet`. SandboxError when it fails."""
        done = self.start(*arguments, capture=quiet)
        if done.returncode != 0:
            said = f":\n{(done.stdout or '') + (done.stderr or '')}".rstrip(":\n") if quiet else ""
            raise SandboxError(f"`pulumi {' '.join(arguments[:2])}` of {self.project}, stack {self.name}, failed{said}")
        return done.stdout or ""

    def start(self, *arguments: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the CLI in the copy, with the sandbox's environment."""
        return subprocess.run(
            ["pulumi", *arguments],  # noqa: S607 - the search path is ours, see `environment`
            cwd=self.folder,
            env=self.environment(),
            capture_output=capture,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        """Build the environment in which the CLI works on this stack."""
        return {
            **environment.process_environment(),
            **environment.aws_environment(self.server.endpoint, self.region),
            **environment.pulumi_environment(self.session.folder, self.server.provider),
            "PULUMI_DEBUG_COMMANDS": "true",  # has --event-log accepted
        }

    @property
    def region(self) -> str:
        """The region of the stack's config."""
        values = _read_yaml(self.file).get("config") or {}
        return str(values.get("aws:region", environment.DEFAULT_REGION))


def check_stack_file(source: Path, stack: str) -> None:
    """Raise SandboxError unless the program at `source` has a file for this stack, and it is YAML."""
    file = source / f"Pulumi.{stack}.yaml"
    if not file.exists():
        known = ", ".join(sorted(p.name[len("Pulumi.") : -len(".yaml")] for p in source.glob("Pulumi.*.yaml")))
        place = f" in {source.relative_to(CHECKOUT)}/" if CHECKOUT in source.parents else ""
        raise SandboxError(f"no {file.name}{place} for stack '{stack}'; accepted stacks: {known}")
    _read_yaml(file)


def without_secrets(file: Path) -> tuple[str, list[str]]:
    """Return a stack file's text without its secrets provider and its secrets' values, and the paths of the secrets.

    Scalars stay as they are written: `off` stays `off`, a bare date stays text for the engine to read.
    """
    root = yaml.compose(_text(file), Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return "config: {}\n", []
    root.value = [(key, value) for key, value in root.value if key.value not in _SECRETS_PROVIDER_KEYS]
    secrets = []
    for key, value in root.value:
        if key.value == "config" and isinstance(value, yaml.MappingNode):
            secrets = [path for name, child in value.value for path in _secrets(child, name.value)]
            value.value = [(name, _blanked(child)) for name, child in value.value if not _is_secure(child)]
    return yaml.serialize(root, Dumper=yaml.SafeDumper), secrets


def placeholder(path: str) -> str:
    """Return what stands for a secret's value, such that config which accepts secrets accepts it."""
    return "placeholder@example.invalid" if ".email" in path else "https://example.invalid/placeholder"


def _secrets(node: yaml.Node, path: str) -> Iterator[str]:
    """Give the paths of the `secure:` values under a node, in Pulumi's own notation."""
    if _is_secure(node):
        yield path
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _secrets(value, path + _step(str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield from _secrets(value, f"{path}[{i}]")


def _step(key: str) -> str:
    """Write a key of a path as Pulumi reads it: quoted where it holds what separates keys."""
    return f"[{json.dumps(key)}]" if set(key) & set('.[]"') else f".{key}"


def _blanked(node: yaml.Node) -> yaml.Node:
    """Put text in the place of each `secure:` value: positions in lists stay, so that paths hold."""
    if _is_secure(node):
        return yaml.ScalarNode("tag:yaml.org,2002:str", "", style='"')
    if isinstance(node, yaml.MappingNode):
        node.value = [(key, _blanked(value)) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        node.value = [_blanked(value) for value in node.value]
    return node


def _is_secure(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode) and [key.value for key, _ in node.value] == ["secure"]


def _read_yaml(file: Path) -> dict[str, Any]:
    value = yaml.safe_load(_text(file))
    config = (value or {}).get("config") if isinstance(value, dict | None) else value
    if not isinstance(config, dict | None):
        raise SandboxError(f"{file.name} is no stack file: a mapping with `config`, itself a mapping, is accepted")
    return value or {}


def _text(file: Path) -> str:
    """Read a file's text, if it is YAML."""
    try:
        text = file.read_text(encoding="utf-8")
        yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise SandboxError("{}:{}: {}".format(file.name, *not_yaml(error))) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SandboxError(f"{file.name} is not YAML: {error}") from error
    return text


def _changes(events: Path) -> Mapping[str, int]:
    for line in reversed(events.read_text().splitlines()):
        summary = json.loads(line).get("summaryEvent")
        if summary:
            return dict(summary.get("resourceChanges") or {})
    return {}
