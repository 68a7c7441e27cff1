"""The Python that Pulumi's language host starts in the sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.environment import process_environment, pulumi_environment

if TYPE_CHECKING:
    from pathlib import Path

LISTING = ("-m", "pip", "list", "-v", "--format", "json")


@pytest.fixture
def pulumi_python(tmp_path: Path) -> str:
    """Return the Python of which the language host is told."""
    return pulumi_environment(tmp_path, None)["PULUMI_PYTHON_CMD"]


def answer(python: str, *words: str) -> str:
    """Run a Python with these words in the sandbox's environment, and return what it prints."""
    return subprocess.run(
        [python, *words], env=process_environment(), capture_output=True, text=True, check=True
    ).stdout


def packages(listing: str) -> list[dict[str, Any]]:
    """Return the packages of a listing, with what the language host reads of each."""
    found = [{key: one[key] for key in ("name", "version", "location")} for one in json.loads(listing)]
    return sorted(found, key=lambda one: one["name"].lower())


def test_lists_packages_as_pip_does(pulumi_python: str) -> None:
    """The language host learns of the same packages, by the same names and at the same places."""
    assert packages(answer(pulumi_python, *LISTING)) == packages(answer(sys.executable, *LISTING))


def test_is_python_for_everything_else(pulumi_python: str) -> None:
    """Other words go to the sandbox's own Python as they are."""
    code = "import sys; print(sys.prefix, *sys.argv[1:], sep='|')"
    assert answer(pulumi_python, "-c", code, "two words", "") == f"{sys.prefix}|two words|\n"
    assert answer(pulumi_python, *LISTING[:3], "--help").startswith("\nUsage:")
