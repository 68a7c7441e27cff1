"""Run the real Pulumi CLI on the embedded AWS, with a copy of a project's files."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import yaml

from components import clock
from sandbox import environment, real_provider, stack_files
from sandbox.client import Client
from sandbox.errors import SandboxError
from sandbox.session import OTHERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.session import Server, Session

_GOOD_ORDER = 10.0
"""Seconds to wait for the CLI to end after an interrupt."""
_SAME = frozenset({"same", "read"})


@dataclass(frozen=True)
class Stack:
    """A stack of the project at `source`, used through a copy of its Pulumi.yaml and stack file.

    The copy protects the user's files, since Pulumi writes the salt of its secrets into the stack file.
    """

    session: Session
    project: str
    name: str
    source: Path
    server: Server
    module_path: str = ""
    """A folder in which the program also finds modules."""

    @property
    def folder(self) -> Path:
        """The folder of the copy."""
        return self.session.project_folder(self.project, self.name)

    @property
    def file(self) -> Path:
        """The user's stack file."""
        return self.source / f"Pulumi.{self.name}.yaml"

    def prepare(self, config: Mapping[str, str] | None = None) -> None:
        """Copy the project's files and create the stack if it is missing. `config` overrides the stack file."""
        with self.session.private():
            secrets = self._copy_files()
        self.run("stack", "select", "--create", self.name, quiet=True)
        for key, value in (config or {}).items():
            self.run("config", "set", key, value, quiet=True)
        if self.server.provider is None:
            settings = real_provider.configuration(self.server.endpoint).items()
            plain = [word for path, value in settings for word in ("--plaintext", f"{path}={value}")]
            self.run("config", "set-all", "--path", *plain, quiet=True)
        for path in secrets:
            self.run("config", "set", "--secret", "--path", path, stack_files.placeholder(path), quiet=True)

    def _copy_files(self) -> list[str]:
        """Copy the project's current files without secrets, and return the paths of the secrets."""
        self.folder.mkdir(parents=True, exist_ok=True)
        project = stack_files.project(self.source / "Pulumi.yaml")
        project |= {"main": str(self.source), "runtime": "python"}
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(project, sort_keys=False))
        text, secrets = stack_files.without_secrets(self.file) if self.file.exists() else ("config: {}\n", [])
        (self.folder / self.file.name).write_text(text)
        return secrets

    def up(self, *, quiet: bool = False) -> int:
        """Deploy, and return the number of changed resources."""
        events = self.folder / "events.json"
        events.unlink(missing_ok=True)
        self.run("up", "--yes", "--skip-preview", "--non-interactive", "--event-log", str(events), quiet=quiet)
        return sum(n for operation, n in _changes(events).items() if operation not in _SAME)

    def run(self, *arguments: str, quiet: bool = False) -> str:
        """Run the CLI. With `quiet` its output is returned, otherwise printed. SandboxError when it fails."""
        done = self.start(*arguments, capture=quiet)
        if done.returncode != 0:
            said = f":\n{(done.stdout or '') + (done.stderr or '')}".rstrip(":\n") if quiet else ""
            raise SandboxError(f"`pulumi {' '.join(arguments[:2])}` failed for {self.project}, stack {self.name}{said}")
        return done.stdout or ""

    def start(self, *arguments: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the CLI in the copy, with the sandbox's environment, and return the finished process."""
        output = subprocess.PIPE if capture else None
        command = ["pulumi", *arguments]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            umask=OTHERS,
        ) as process:
            try:
                out, err = process.communicate()
            except KeyboardInterrupt:  # the terminal interrupts the CLI too, which then ends by itself
                with suppress(subprocess.TimeoutExpired):
                    process.communicate(timeout=_GOOD_ORDER)
                process.kill()
                raise
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def environment(self) -> dict[str, str]:
        """Return the environment of the CLI for this stack."""
        return {
            **self._machine,
            **environment.docker_environment(),
            **environment.aws_environment(self.server.endpoint, self.region, self.server.credentials),
            **environment.pulumi_environment(self.session.folder, self.server.provider),
            "PULUMI_DEBUG_COMMANDS": "true",  # --event-log needs it
            clock.VARIABLE: Client(self.server).get("status")["now"],
            **({"PYTHONPATH": self.module_path} if self.module_path else {}),
        }

    @cached_property
    def _machine(self) -> dict[str, str]:
        """The variables of this machine, found once, since the search runs a CLI on PATH to get its version."""
        return environment.process_environment()

    @property
    def region(self) -> str:
        """The region in the stack's config, or the default region."""
        return stack_files.region(self.file) or environment.DEFAULT_REGION


def _changes(events: Path) -> Mapping[str, int]:
    for line in reversed(events.read_text().splitlines()):
        summary = json.loads(line).get("summaryEvent")
        if summary:
            return dict(summary.get("resourceChanges") or {})
    return {}
