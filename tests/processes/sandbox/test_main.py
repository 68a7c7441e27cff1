"""`python -m sandbox` ends with one line where it is stopped, or asked for too much."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox import __main__ as command
from sandbox import deployment
from sandbox.session import CHECKOUT, Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class StandIn:
    """A sandbox whose clock is stopped by the user after one moment."""

    def get(self, what: str) -> object:
        """Tell the time, or that nothing has run."""
        return {"now": NOW.isoformat(), "live": False, "mail": 0} if what == "status" else []

    def advance(self, _to: datetime) -> Iterator[datetime]:
        """Come to one moment, and be interrupted."""
        yield NOW + timedelta(hours=1)
        raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Give the commands a folder of the test's own, and a sandbox that stands in."""
    made = Session(tmp_path / ".sandbox")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(Session, "default", lambda: made)
    monkeypatch.setattr(command, "connect", lambda _: StandIn())
    return made


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command; return its exit code, and what it wrote to standard error."""
    monkeypatch.setattr(sys, "argv", ["sandbox", *arguments])
    code = command.main()
    return code, capsys.readouterr().err


def test_interrupted_up(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C while `up` deploys ends with a line that says what to do, and the shell's code for it."""

    def bring_up(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(deployment, "bring_up", bring_up)
    assert said(monkeypatch, capsys, "up") == (130, "interrupted; `make up` starts anew\n")


def test_interrupted_advance(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C while the clock moves says how far it came."""
    code, text = said(monkeypatch, capsys, "advance", "24h")
    assert code == 130
    assert text.startswith("interrupted after 2026-03-02 01:00 UTC; ")


@pytest.mark.parametrize("far", [["401d"], ["--to", "2027-05-01T00:00"]], ids=["duration", "instant"])
def test_too_far(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], far: list[str]) -> None:
    """More than 400 days at once are refused."""
    code, text = said(monkeypatch, capsys, "advance", *far)
    assert (code, text) == (1, "error: that is more than 400 days; go there in several steps\n")


@pytest.mark.parametrize("name", ["up", "down"])
def test_folder_that_is_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], session: Session, name: str
) -> None:
    """A file in the place of the sandbox's folder is one line, and stays."""
    session.folder.write_text("mine")
    code, text = said(monkeypatch, capsys, name)
    assert (code, len(text.splitlines())) == (1, 1)
    assert session.folder.read_text() == "mine"


def test_commands_that_deploy_nothing_read_no_job_file() -> None:
    """A process of its own shows what the import takes with it."""
    check = "import sys, sandbox.__main__; sys.exit('jobs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=CHECKOUT, check=False).returncode == 0
