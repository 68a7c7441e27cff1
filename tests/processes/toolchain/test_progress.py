from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from toolchain.errors import ToolchainError
from toolchain.progress import elapsed, last_lines, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        pytest.param(0.9, "0 s", id="nothing"),
        pytest.param(59.9, "59 s", id="under-a-minute"),
        pytest.param(60, "1 min 00 s", id="a-minute"),
        pytest.param(125, "2 min 05 s", id="minutes"),
    ],
)
def test_says_durations_in_words(seconds: float, words: str) -> None:
    """Durations are written in whole seconds, and in minutes from one minute on."""
    assert elapsed(seconds) == words


def test_shows_only_the_end_of_an_output() -> None:
    """The last lines that are not empty are shown; without any, the text says so."""
    assert last_lines("one\n\ntwo  \nthree\n\n", 2) == "    two\n    three"
    assert last_lines("\n") == "    (no output)"


def test_says_how_a_long_command_is_doing(gate: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """While a command runs, a line on standard error has its name, its duration and a remark from its output."""
    remarks: list[str] = []

    def detail(output: str) -> str:
        if output and not remarks:
            gate.write_text("go on")
            remarks.append(output)
        return f"{len(output.splitlines())} lines"

    run(["sh", "-c", f"echo one; cat {gate} > {os.devnull}; echo two"], "counting", detail=detail, heartbeat=0.01)
    out, err = capfd.readouterr()
    assert remarks == ["one\n"]
    assert "setup: counting: 0 s, 1 lines\n" in err
    assert out == ""


def test_a_quick_command_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """A command that succeeds before the first heartbeat prints nothing."""
    run(["sh", "-c", "echo a; echo b >&2"], "working")
    assert capfd.readouterr() == ("", "")


def test_a_failed_command_shows_the_end_of_its_output() -> None:
    """A failure names the step, the command and its exit code, and shows the end of its output."""
    with pytest.raises(ToolchainError) as failure:
        run(["sh", "-c", "echo cause >&2; echo end; exit 3"], "working")
    assert str(failure.value) == "working: sh ended with 3:\n    cause\n    end"


def test_a_missing_command_is_named() -> None:
    """A command that does not exist is reported with its name and the reason."""
    with pytest.raises(ToolchainError, match=r"^working: /nowhere/tool: No such file or directory$"):
        run(["/nowhere/tool"], "working")


def test_a_command_does_not_outlive_an_interruption(gate: Path) -> None:
    """When waiting is interrupted, the command is ended too."""
    seen: list[int] = []

    def interrupt(output: str) -> str:
        if output:
            seen.append(int(output))
            raise KeyboardInterrupt
        return ""

    command = f"import os; print(os.getpid(), flush=True); open({str(gate)!r}).read()"
    with pytest.raises(KeyboardInterrupt):
        run([sys.executable, "-c", command], "working", detail=interrupt, heartbeat=0.01)
    with pytest.raises(ProcessLookupError):
        os.kill(seen[0], 0)
