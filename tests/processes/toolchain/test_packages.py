"""`python -m sandbox` and `python -m ops`, started with a Python that has none of the program's packages."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sandbox.session import CHECKOUT


@pytest.mark.parametrize("command", [["sandbox", "status"], ["sandbox", "--help"], ["ops", "check", "staging"]])
def test_python_without_packages(command: list[str]) -> None:
    """One line says which package is missing, and what to do."""
    bare = [sys.executable, "-S", "-m", *command]  # -S: without site-packages
    done = subprocess.run(bare, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line == "error: this Python has no package 'pulumi'; run `make setup`, then use .venv/bin/python"
