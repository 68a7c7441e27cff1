"""Tests of what all commands of `python -m ops` have in common."""

from __future__ import annotations

import importlib
import re

import pytest

from ops import cli
from ops.commands import check
from ops.errors import OpsError

NAMES = sorted(cli._COMMANDS)
STAGING = ("--stack", "staging")


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command is on one line with what it does, in whole words."""
    assert cli.main(["--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    listed = dict(re.findall(r"^  ([a-z-]+)  +(\S.*)$", out.partition("Commands:")[2], re.MULTILINE))
    assert listed == cli._COMMANDS


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_a_command_has_its_exit_codes_and_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The text is as written, and without colours in a pipe."""
    assert cli.main([name, "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert f"Usage: python -m ops {name} " in out
    assert re.search(r"^  exit codes: 0 .*\b2 wrong arguments", out, re.MULTILINE | re.DOTALL)
    assert re.search(rf"^  example: python -m ops {name}( .*)?$", out, re.MULTILINE)
    assert "<str>" not in out.partition("Options:")[2]
    assert "\x1b" not in out


@pytest.mark.parametrize("name", NAMES)
def test_the_lines_of_the_help_fit(name: str) -> None:
    """Nothing joins or wraps them, so they must fit into a wide terminal."""
    about: str = importlib.import_module(f"ops.commands.{name.replace('-', '_')}").ABOUT
    assert [line for line in about.splitlines() if len(line) > 120] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lst"], "Error: No such command 'lst'. Did you mean 'list'?"),
        (["list", "--stakc", "x"], "Error: No such option: --stakc (Possible options: --stack, --state)"),
        (["logs"], "Error: Missing argument 'JOB'."),
        (
            ["rerun", "report"],
            "Error: Invalid value for --tick: is missing; give SCHEDULE and --tick, or --failed",
        ),
        (["rerun", "report", "--since", "1h"], "Error: Invalid value for --since: needs --failed"),
        (
            ["rerun", "report", "--failed"],
            "Error: Invalid value for SCHEDULE: not together with --failed; --job and --since choose",
        ),
        (["list", "--state", "of"], "Error: Invalid value for '--state': 'of'; did you mean 'off'?"),
        (
            ["report", "--stack", "staging", "--html", "x", "--json"],
            "Error: Invalid value for --json: not together with --html, which writes a file",
        ),
    ],
    ids=["command", "option", "missing", "tick", "since", "failed", "value", "together"],
)
def test_wrong_usage(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 2, and standard error has what was received and what would be accepted."""
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list"], "set --stack, or set --group and --region for"),
        (["run", "report"], "set --stack, or set --group and --region for"),
        (["hold", "--reason", "x", "--", "true"], "set --stack, or set --group and --region for"),
        (["next", *STAGING, "--for", "99d"], "--for '99d': must be more than 0 and at most 31d"),
        (["rerun", "report", *STAGING, "--tick", "04:00"], "--tick '04:00': must be ISO 8601"),
        (["run", "report", *STAGING, "--tick", "04:00"], "--tick '04:00': must be ISO 8601"),
        (["run", "report", *STAGING, "--wait", "--timeout", "x"], "--timeout 'x' is not a duration"),
        (["run", "report", *STAGING, "--env", "A"], "--env 'A': must be NAME=VALUE"),
        (["run", "report", *STAGING, "--cpu", "7"], "--cpu, --memory: cpu 7 is not a Fargate size"),
        (["pause", *STAGING, "--reason", ""], "--reason '': must be one line of text"),
        (["pause", *STAGING, "--reason", "x", "--until", "soon"], "--until 'soon' is not a date and time"),
        (["hold", *STAGING, "--reason", "x", "--for", "soon", "--", "true"], "--for 'soon' is not a duration"),
        (["stop", "report", *STAGING, "--reason", " "], "--reason ' ': must be one line of text"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_value_that_no_stack_accepts_is_wrong_usage(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its exit code is 2 with each command, also with those that have codes of their own for other errors."""
    code = cli.main(arguments)
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {message}")


def test_a_stack_without_a_file_is_not_found_by_run(capsys: pytest.CaptureFixture[str]) -> None:
    """`run` has an exit code of its own for what does not exist."""
    assert cli.main(["run", "report", "--stack", "nosuch"]) == 123
    assert capsys.readouterr().err.startswith("error: Pulumi.nosuch.yaml: there is no such stack file; ")


def test_no_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command the help is shown."""
    assert cli.main([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (OpsError("no\nsuch \x1b[31mstack"), 1, "error: no\\nsuch \\x1b[31mstack\n"),
        (KeyboardInterrupt(), 130, "\ninterrupted\n"),
    ],
    ids=["error", "interrupt"],
)
def test_what_ends_a_command_is_said(
    raised: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An error is one line without control characters, and Ctrl-C has the exit code of shells."""

    def command() -> int:
        raise raised

    monkeypatch.setattr(check, "command", command)
    assert cli.main(["check"]) == code
    assert capsys.readouterr() == ("", said)
