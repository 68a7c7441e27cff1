"""Writes what a source has into a folder, and lets the real `check` read it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from adoption import files
from ops.cli import main
from ops.commands import check
from plan import job_files

if TYPE_CHECKING:
    from pathlib import Path

    from adoption.files import Written
    from adoption.found import Contents

STACK = files.Stack(name="adopted", region="eu-central-1", owner="data", present=())


def write(folder: Path, contents: Contents) -> Written:
    """Write the files of a source into a folder."""
    made = files.written(contents.found, contents.leftovers, STACK)
    (folder / "jobs").mkdir(parents=True, exist_ok=True)
    for name, text in made.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return made


def checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what `python -m ops check adopted --json` says about a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "CHECKOUT", folder)
        patch.setattr(job_files, "load", partial(job_files.load, folder=folder / "jobs"))
        main(["check", STACK.name, "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def todos(contents: Contents) -> list[str]:
    """Return all leftovers as lines."""
    return [str(left) for one in contents.found for left in one.leftovers] + [str(left) for left in contents.leftovers]
