from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from toolchain import pulumi_cli, virtual_environment
from toolchain.__main__ import main
from toolchain.errors import ToolchainError

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _signal_as_before() -> object:
    """Restore the handler of SIGTERM after each test."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_setup_makes_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """`setup` first creates the environment and then gets a CLI."""
    made: list[str] = []
    monkeypatch.setattr(virtual_environment, "ensure", lambda: made.append("environment"))
    monkeypatch.setattr(pulumi_cli, "obtain", lambda: made.append("cli"))
    assert main(["setup"]) == 0
    assert made == ["environment", "cli"]


@pytest.mark.parametrize(
    ("directory", "printed"),
    [pytest.param(Path("/tools/pulumi"), "/tools/pulumi\n", id="cache"), pytest.param(None, "", id="on-path")],
)
def test_path_prints_the_directory_and_nothing_else(
    directory: Path | None, printed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`path` prints the directory for PATH, or nothing if the CLI on PATH works."""
    monkeypatch.setattr(pulumi_cli, "pulumi_directory", lambda: directory)
    assert main(["path"]) == 0
    assert capsys.readouterr() == (printed, "")


@pytest.mark.parametrize(
    ("error", "code", "printed"),
    [
        pytest.param(ToolchainError("why\nand what to do"), 1, "why\nand what to do\n", id="message"),
        pytest.param(
            KeyboardInterrupt(), 130, "setup: interrupted; the next run continues from here\n", id="interrupt"
        ),
    ],
)
def test_failures_are_messages(
    error: BaseException,
    code: int,
    printed: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A failure prints its message to standard error, and the exit code is not 0."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(virtual_environment, "ensure", fail)
    assert main(["setup"]) == code
    assert capsys.readouterr() == ("", printed)


def test_a_kill_ends_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM ends the set-up like Ctrl-C, so that the running command ends too."""
    monkeypatch.setattr(virtual_environment, "ensure", lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert main(["setup"]) == 130


def test_a_machine_without_any_way_gets_one_message(only_path: Callable[..., None], tmp_path: Path) -> None:
    """Without pulumi, a release for the platform, and Go, the command ends with 1 and a message without a traceback."""
    only_path()
    code = "import platform, sys; platform.machine = lambda: 'riscv64'; "
    code += "from toolchain import virtual_environment; virtual_environment.ensure = lambda: None; "
    code += "from toolchain.__main__ import main; sys.exit(main(['setup']))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=CHECKOUT,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert "there is no release for linux-riscv64" in done.stderr
    assert [line[:4] for line in done.stderr.splitlines()[-3:]] == ["  1.", "  2.", "  3."]
