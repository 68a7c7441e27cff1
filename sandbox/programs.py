"""The Pulumi program that a sandbox deploys: this project's, or another one that uses the components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox import environment, stack_files
from sandbox.errors import SandboxError
from sandbox.session import CHECKOUT, PROJECT, Server, Session
from sandbox.stacks import Stack

if TYPE_CHECKING:
    from pathlib import Path

_PYTHON = "python"


@dataclass(frozen=True)
class Source:
    """A Pulumi program in a folder."""

    folder: Path
    project: str
    """The name in its Pulumi.yaml."""

    @property
    def is_own(self) -> bool:
        """Whether it is this project's program."""
        return self.folder == CHECKOUT

    def check(self, stack: str) -> None:
        """Raise SandboxError for a stack file that cannot be used. Another program may have none."""
        if self.is_own or self._file(stack).exists():
            stack_files.check_stack_file(self.folder, stack)
            stack_files.check_region(self._file(stack))

    def on(self, session: Session, server: Server, stack: str) -> Stack:
        """Return a stack of the program on a running sandbox. Another program finds the components in this checkout."""
        return Stack(session, self.project, stack, self.folder, server, "" if self.is_own else str(CHECKOUT))

    def defaults(self, stack: str) -> dict[str, str]:
        """Return the config of a stack that has no file."""
        return {} if self._file(stack).exists() else {"aws:region": environment.DEFAULT_REGION}

    def _file(self, stack: str) -> Path:
        return self.folder / f"Pulumi.{stack}.yaml"


OWN = Source(CHECKOUT, PROJECT)


def at(folder: Path | None) -> Source:
    """Return the program in a folder, or this project's for None; SandboxError when there is none in Python."""
    if folder is None or folder.resolve() == CHECKOUT:
        return OWN
    file = folder / "Pulumi.yaml"
    if not file.is_file():
        raise SandboxError(f"--program {folder}: there is no Pulumi.yaml; must be the folder of a Pulumi program")
    known = stack_files.project(file)
    runtime = known.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != _PYTHON:
        raise SandboxError(f"--program {folder}: the runtime in Pulumi.yaml is '{language}'; must be {_PYTHON}")
    name = known.get("name")
    if not isinstance(name, str) or not name:
        raise SandboxError(f"--program {folder}: the name in Pulumi.yaml is '{name}'; must be the project's name")
    if known.get("main"):
        raise SandboxError(
            f"--program {folder}: Pulumi.yaml has `main: {known['main']}`, which the sandbox cannot follow; move the "
            "program beside its Pulumi.yaml"
        )
    return Source(folder.resolve(), name)
