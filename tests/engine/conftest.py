"""One sandbox for all tests that only deploy to it; each stack of theirs has a name of its own."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.client import Client, start_server
from sandbox.session import CHECKOUT, PLATFORM, Server, Session
from sandbox.stacks import Stack
from tests.engine.account import REGION, Account
from tests.engine.program import Program, this_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday; no day near it is longer or shorter than 24 hours in Berlin."""
EXAMPLES = CHECKOUT / "examples" / "terraform"
NODE_SERVICE = CHECKOUT / "examples" / "node_cron" / "service"
"""The service in Node.js whose timers an example replaces."""
IMAGES = {
    "db-cleanup": EXAMPLES / "db_cleanup" / "image",
    "drift-check": EXAMPLES / "drift_check" / "image",
    "node-shop": NODE_SERVICE,
}
"""The folders that stand for container images of the examples."""


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox in which the platform is deployed."""

    session: Session
    server: Server
    client: Client
    account: Account

    @property
    def now(self) -> datetime:
        """The time of the sandbox."""
        return datetime.fromisoformat(self.client.get("status")["now"])

    def advance(self, duration: timedelta) -> list[dict[str, Any]]:
        """Move the clock; return the runs that this caused."""
        return self.go_to(self.now + duration)

    def go_to(self, moment: datetime) -> list[dict[str, Any]]:
        """Move the clock to a moment; return the runs that this caused."""
        before = self.client.get("status")["runs"]
        for _ in self.client.advance(moment):
            pass
        runs: list[dict[str, Any]] = self.client.get("runs")[before:]
        return runs

    def pass_hour(self, *, minutes: int) -> datetime:
        """Move the clock to so many minutes after the next full hour, or before it if negative; return the hour."""
        hour = self.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        self.go_to(hour + timedelta(minutes=minutes))
        return hour


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Start a sandbox, and deploy what a team already has."""
    session = Session(tmp_path_factory.mktemp("sandbox") / "session")
    try:
        with warnings.catch_warnings():
            # The server outlives the object that stands for it, as it does after `up`.
            warnings.simplefilter("ignore", ResourceWarning)
            server = start_server(session, at=START, images=IMAGES)
        platform = Stack(session, PLATFORM, "sandbox", CHECKOUT / "sandbox" / "platform", server)
        platform.prepare({"aws:region": REGION})
        platform.up(quiet=True)
        yield Sandbox(session, server, Client(server), Account(server))
    finally:
        session.remove()


@pytest.fixture(scope="session")
def make_program(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Program]:
    """Return what lays out this checkout's program for a stack."""
    root: Path = tmp_path_factory.mktemp("programs")
    return lambda stack: this_program(root / stack, sandbox.session, sandbox.server, stack)


@pytest.fixture(scope="session")
def make_platform(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mapping[str, Any]], Stack]:
    """Return what deploys a platform of the test's own beside the sandbox's; its stack is named after the cluster."""
    root: Path = tmp_path_factory.mktemp("platforms")

    def deploy(config: Mapping[str, Any]) -> Stack:
        name = config["cluster"]
        folder = root / name
        folder.mkdir()
        for file in ("Pulumi.yaml", "__main__.py"):
            (folder / file).symlink_to(CHECKOUT / "sandbox" / "platform" / file)
        stack = Stack(sandbox.session, PLATFORM, name, folder, sandbox.server)
        keys = {f"{PLATFORM}:{key}": value for key, value in config.items()}
        stack.file.write_text(yaml.safe_dump({"config": {"aws:region": REGION, **keys}}))
        stack.prepare()
        stack.up(quiet=True)
        return stack

    return deploy
