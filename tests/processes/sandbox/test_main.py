"""`python -m sandbox` ends with one line when it is interrupted or refuses a request."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox import cli as command
from sandbox import deployment
from sandbox.errors import SandboxError
from sandbox.session import CHECKOUT, Server, Session
from tests.credentials import SESSION
from toolchain import aws_plugin
from toolchain.errors import ToolchainError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class StandIn:
    """A sandbox whose clock the user interrupts after one moment."""

    def get(self, what: str) -> object:
        """Return a status, or an empty list of runs and events."""
        return {"now": NOW.isoformat(), "live": False, "mail": 0} if what == "status" else []

    def advance(self, _to: datetime) -> Iterator[datetime]:
        """Reach one moment, and raise KeyboardInterrupt."""
        yield NOW + timedelta(hours=1)
        raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Return a session in the test's own folder, and replace the sandbox by a stand-in."""
    made = Session(tmp_path / ".sandbox")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(Session, "default", lambda: made)
    monkeypatch.setattr(command, "connect", lambda _: StandIn())
    return made


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command and return its exit code and its standard error."""
    monkeypatch.setattr(sys, "argv", ["sandbox", *arguments])
    code = command.main()
    return code, capsys.readouterr().err


def test_interrupted_up(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C during `up` prints a line that says what to do, and returns the shell's exit code for Ctrl-C."""

    def bring_up(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(deployment, "bring_up", bring_up)
    assert said(monkeypatch, capsys, "up") == (130, "interrupted; `make up` starts from scratch\n")


@pytest.mark.parametrize("arguments", [["up"], ["preview", "staging"]], ids=["up", "preview"])
def test_no_plugin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """Without the plugin of AWS's provider nothing is started, and the message says what to do."""

    def obtain(_version: str) -> Path:
        raise ToolchainError("There is no plugin")

    monkeypatch.setattr(aws_plugin, "obtain", obtain)
    monkeypatch.setattr(deployment, "start_server", lambda *_, **__: pytest.fail("started"))
    code, text = said(monkeypatch, capsys, *arguments, "--provider", "real")
    assert (code, text.splitlines()[-1]) == (1, "error: There is no plugin")


@pytest.mark.parametrize(
    ("port", "provider", "is_refused"),
    [(2, "real", True), (None, "stand-in", True), (2, "stand-in", False), (None, "real", False)],
)
def test_provider_of_a_running_sandbox(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    session: Session,
    port: int | None,
    provider: str,
    is_refused: bool,  # noqa: FBT001 - a parameter of a test
) -> None:
    """A running sandbox keeps its provider; another one is refused."""

    def deploy(*_: object) -> None:
        raise SandboxError("deployed")

    session.make_folder()
    session.write(Server.of_this_process("http://127.0.0.1:1", port, SESSION))
    monkeypatch.setattr(deployment, "_deploy_platform", deploy)
    code, text = said(monkeypatch, capsys, "up", "--provider", provider)
    told = "--provider apply only when it starts; stop it first with: make down" if is_refused else "error: deployed"
    assert (code, told in text) == (1, True)


def test_interrupted_advance(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C during an advance prints how far the clock came."""
    code, text = said(monkeypatch, capsys, "advance", "24h")
    assert code == 130
    assert text.startswith("interrupted after 2026-03-02 01:00 UTC; ")


@pytest.mark.parametrize("far", [["401d"], ["--to", "2027-05-01T00:00"]], ids=["duration", "instant"])
def test_too_far(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], far: list[str]) -> None:
    """An advance of more than 400 days is refused."""
    code, text = said(monkeypatch, capsys, "advance", *far)
    assert (code, text) == (1, "error: an advance is at most 400 days; use several steps\n")


@pytest.mark.parametrize("name", ["up", "down"])
def test_folder_that_is_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], session: Session, name: str
) -> None:
    """A file in place of the sandbox's folder is reported in one line and left alone."""
    session.folder.write_text("mine")
    code, text = said(monkeypatch, capsys, name)
    assert (code, len(text.splitlines())) == (1, 1)
    assert session.folder.read_text() == "mine"


def test_commands_that_deploy_nothing_read_no_job_file() -> None:
    """Importing the commands does not import the jobs."""
    check = "import sys, sandbox.cli; sys.exit('jobs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=CHECKOUT, check=False).returncode == 0
