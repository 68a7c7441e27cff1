"""The program as a test varies it: a copy with jobs and stack file of the test's own, worked on by the real CLI."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.session import CHECKOUT, OTHERS, PROJECT, Server, Session
from sandbox.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_OWN = ("__main__.py", "jobs")
"""Files of the program that a copy has for itself; the modules and packages beside them are the checkout's."""
_UNCHANGED = frozenset({"same", "read", "refresh"})

Change = tuple[str, str, str]
"""Operation, last part of the type, logical name."""


@dataclass(frozen=True)
class Step:
    """What the engine did to one resource."""

    operation: str
    type: str
    name: str
    begun: int
    """The sequence number of the engine's event."""
    done: int | None
    """None when it did not succeed, or in a preview."""


@dataclass(frozen=True)
class Outcome:
    """How a command of the CLI ended."""

    code: int
    output: str
    events: str
    """The engine's event log, as it is in the file."""

    @cached_property
    def steps(self) -> list[Step]:
        """What the engine did, in the order in which it began."""
        begun: dict[str, int] = {}
        found: dict[str, Step] = {}
        for event in map(json.loads, self.events.splitlines()):
            for kind in ("resourcePreEvent", "resOutputsEvent"):
                if kind in event:
                    about = event[kind]["metadata"]
                    first = begun.setdefault(about["urn"], event["sequence"])
                    done = event["sequence"] if kind == "resOutputsEvent" else None
                    name = about["urn"].rpartition("::")[2]
                    found[about["urn"]] = Step(about["op"], about["type"].rpartition(":")[2], name, first, done)
        return sorted(found.values(), key=lambda step: step.begun)

    @property
    def changes(self) -> set[Change]:
        """What became different."""
        return {(step.operation, step.type, step.name) for step in self.steps if step.operation not in _UNCHANGED}


class Program:
    """A Pulumi program in a folder, and one stack of it."""

    def __init__(
        self,
        source: Path,
        session: Session,
        server: Server,
        stack: str,
        project: str = PROJECT,
        *,
        modules: str = "",
    ) -> None:
        """Take the folder as it is; `write_config` makes the stack file. `modules` is a folder on the module path."""
        self.source = source
        self.stack = Stack(session, project, stack, source, server, modules)

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Write the stack file, and have the CLI know it."""
        self.write_stack_file(yaml.safe_dump({"config": config}))

    def write_stack_file(self, text: str) -> None:
        """Write the stack file as it is given, and have the CLI know it."""
        self.stack.file.write_text(text, encoding="utf-8")
        self.stack.prepare()

    def write_jobs(self, *names: str, files: Mapping[str, str] | None = None) -> None:
        """Have these jobs of the checkout, and files of the test's own; no other."""
        folder = self.source / "jobs"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in names:
            shutil.copy(CHECKOUT / "jobs" / f"{name}.py", folder)
        for name, text in (files or {}).items():
            (folder / f"{name}.py").write_text(text)

    def run(self, command: str, *flags: str) -> Outcome:
        """Run `up`, `preview`, `refresh` or `destroy`."""
        events = self.stack.folder / "test-events.json"
        events.unlink(missing_ok=True)
        agreed = [] if command == "preview" else ["--yes", "--skip-preview"]
        done = self.stack.start(command, *agreed, "--non-interactive", "--event-log", str(events), *flags, capture=True)
        log = events.read_text() if events.exists() else ""
        return Outcome(done.returncode, done.stdout + done.stderr, log)

    def up(self, *flags: str) -> Outcome:
        """Deploy, and insist that it succeeds."""
        outcome = self.run("up", *flags)
        assert outcome.code == 0, outcome.output
        return outcome

    def ops(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run an operator's command on the embedded AWS."""
        command = [sys.executable, "-m", "ops", *arguments]
        return subprocess.run(
            command,
            cwd=self.source,
            env=self.stack.environment(),
            capture_output=True,
            text=True,
            check=False,
            umask=OTHERS,  # `hold` may run Pulumi, which writes into the session's folder
        )

    def state_file(self) -> Path:
        """Where Pulumi keeps what it knows of the stack."""
        state = self.stack.session.folder / "pulumi" / ".pulumi" / "stacks"
        return state / self.stack.project / f"{self.stack.name}.json"

    def state(self) -> dict[str, Any]:
        """Return the resources that Pulumi knows, by URN, without the secrets, which it encrypts anew each time."""
        text = re.sub(r'"ciphertext":\s*"[^"]*"', '"ciphertext": ""', self.state_file().read_text())
        known = json.loads(text)["checkpoint"]["latest"]["resources"]
        return {r["urn"]: {key: r.get(key) for key in ("id", "inputs", "outputs")} for r in known}


def this_program(folder: Path, session: Session, server: Server, stack: str) -> Program:
    """Lay the program of this checkout out in a folder; its jobs are still to be written."""
    folder.mkdir(parents=True)
    for part in CHECKOUT.iterdir():
        if part.name not in _OWN and (part.suffix == ".py" or (part / "__init__.py").exists()):
            (folder / part.name).symlink_to(part)
    for file in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(CHECKOUT / file, folder)
    return Program(folder, session, server, stack)


def of_type(steps: Sequence[Step], *types: str) -> list[Step]:
    """Pick steps by the last part of their type."""
    return [step for step in steps if step.type in types]
