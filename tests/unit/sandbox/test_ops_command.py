"""`python -m sandbox ops` runs the operator's commands."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from components import clock
from sandbox import cli as command
from sandbox.client import Client
from sandbox.environment import aws_environment
from sandbox.session import CHECKOUT, Server, Session
from tests.credentials import SESSION

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-03-02T00:00:00+00:00"
ENDPOINT = "http://127.0.0.1:4566"


@pytest.fixture(autouse=True)
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a session in the test's own folder."""
    monkeypatch.setattr(Session, "default", lambda: Session(tmp_path / ".sandbox"))


GIVEN = (
    ["rerun", "--stack", "sandbox", "--help", "--yes"],
    ["hold", "--stack", "sandbox", "--reason", "x", "--", "./migrate.sh", "--to", "0042", "--", "-v"],
)


@pytest.mark.parametrize("given", GIVEN, ids=["options", "a command after --"])
def test_arguments_and_exit_code_pass_through(monkeypatch: pytest.MonkeyPatch, given: list[str]) -> None:
    """All arguments are passed on, and the process sees the embedded AWS and no account of the caller."""
    started: list[Any] = []

    def run(arguments: list[str], **how: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401
        started.append((arguments, how))
        return subprocess.CompletedProcess(arguments, 3)

    server = Server.of_this_process(ENDPOINT, 1, SESSION)
    monkeypatch.setattr(Session, "server", lambda _: server)
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(Client, "get", lambda _, what: {"status": {"now": NOW}}[what])
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setattr(sys, "argv", ["sandbox", "ops", *given])
    assert command.main() == 3
    ((arguments, how),) = started
    assert arguments == [sys.executable, "-m", "ops", *given]
    assert how["cwd"] == CHECKOUT
    assert aws_environment(server.endpoint, "eu-central-1", server.credentials).items() <= how["env"].items()
    assert how["env"][clock.VARIABLE] == NOW
    assert "AWS_PROFILE" not in how["env"]


def test_without_a_sandbox_it_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a sandbox the command fails and sends no request."""
    monkeypatch.setattr(sys, "argv", ["sandbox", "ops", "check", "sandbox"])
    assert command.main() == 1
    assert capsys.readouterr().err == "error: no sandbox is running here; start one with: make up\n"
