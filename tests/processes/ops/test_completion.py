"""`python -m ops completion` lets a shell complete the commands."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.session import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def script() -> str:
    """Return the script for bash."""
    command = [sys.executable, "-m", "ops", "completion", "bash"]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout


def bash(script: str, then: str, folder: Path) -> list[str]:
    """Run a line of bash after the script, in a folder, and return the lines of its output."""
    shell = shutil.which("bash")
    assert shell
    text = f"{script}\n{then}\n"
    done = subprocess.run(
        [shell, "--norc", "-c", text], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        (["ops", "li"], ["list"]),
        (["ops", "check", "st"], ["staging"]),
        (["ops", "list", "--state", "o"], ["off"]),
        (["ops", "rerun", "--any"], ["--anyway"]),
    ],
    ids=["command", "stack", "value", "option"],
)
def test_the_tab_key_completes(script: str, typed: list[str], completed: list[str], tmp_path: Path) -> None:
    """Bash calls the function with the words, and finds the completions in COMPREPLY. It may be in any folder."""
    words = f"COMP_WORDS=({' '.join(typed)}); COMP_CWORD={len(typed) - 1}"
    shown = bash(script, f'{words}; _ops_completion; printf "%s\\n" "${{COMPREPLY[@]}}"', tmp_path)
    assert shown == completed


def test_the_script_defines_the_command(script: str, tmp_path: Path) -> None:
    """`ops` is then this checkout's commands, wherever it is typed."""
    assert bash(script, "ops completion fish | head -1; complete -p ops", tmp_path) == [
        "function ops",
        "complete -o default -F _ops_completion ops",
    ]
