"""An operator who types commands of `python -m ops` against the embedded AWS, for tests."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import time_machine

from emulator.iam import iam_requests
from emulator.iam.policy_evaluation import Request, evaluate
from ops.cli import main
from sandbox.environment import aws_environment
from tests import permissions
from tests.components.embedded import REGION
from tests.credentials import SESSION

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pytest

    from emulator.gateway.gateway import Call
    from tests.components.embedded import EmbeddedCloud
    from tests.permissions import Policy

OUTSIDE = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "AWS_PROFILE", "AWS_SESSION_TOKEN")


class Terminal(io.StringIO):
    """A terminal with typed text."""

    def isatty(self) -> bool:
        """Return that it is a terminal."""
        return True


class Operator:
    """An operator who runs a command against the embedded AWS."""

    def __init__(
        self,
        cloud: EmbeddedCloud,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        command: str,
        now: datetime,
    ) -> None:
        """Start without a terminal, to run this command at this time."""
        self._cloud, self._monkeypatch, self._capsys = cloud, monkeypatch, capsys
        self._command, self._now = command, now
        for name in OUTSIDE:
            monkeypatch.delenv(name, raising=False)
        self.has(aws_environment(cloud.clients.endpoint_url, REGION, SESSION))
        monkeypatch.setattr(sys, "stdin", io.StringIO())

    def has(self, environment: dict[str, str]) -> None:
        """Set environment variables."""
        for name, value in environment.items():
            self._monkeypatch.setenv(name, value)

    def types(self, text: str) -> None:
        """Use a terminal with this text as input."""
        self._monkeypatch.setattr(sys, "stdin", Terminal(text))

    def runs(self, *arguments: str) -> tuple[int, str, str]:
        """Run the command and return its exit code, its standard output and its standard error."""
        self._cloud.embedded.gateway.calls.clear()
        with time_machine.travel(self._now, tick=False):
            code = main([self._command, *arguments])
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err

    def fails(self, *arguments: str, wanted: int = 1) -> str:
        """Run the command, which must fail with this code and no output, and return its one line of standard error."""
        code, out, err = self.runs(*arguments)
        assert (code, out, len(err.splitlines())) == (wanted, "", 1)
        return err.removeprefix("error: ").rstrip("\n")

    def said(self) -> tuple[str, str]:
        """Return what a command that did not return has written to standard output and standard error."""
        captured = self._capsys.readouterr()
        return captured.out, captured.err

    def asked(self) -> list[Request]:
        """Return the IAM requests for the calls of the command."""
        return [request for call in self.calls() for request in iam_requests.about(call)]

    def calls(self) -> list[Call]:
        """Return the calls that the command made."""
        return list(self._cloud.embedded.gateway.calls)

    def called(self) -> tuple[str, ...]:
        """Return the names of the calls."""
        return tuple(f"{call.service}:{call.operation}" for call in self.calls())


def allowed(asked: Sequence[Request], policy: Policy) -> bool:
    """Return whether a policy allows every request."""
    return all(evaluate(each, [policy]).allowed for each in asked)


def without(policy: Policy, action: str) -> Policy:
    """Return a policy without an action."""
    statements = [
        {**statement, "Action": [one for one in permissions.listed(statement["Action"]) if one != action]}
        for statement in policy["Statement"]
    ]
    return {**policy, "Statement": [statement for statement in statements if statement["Action"]]}
