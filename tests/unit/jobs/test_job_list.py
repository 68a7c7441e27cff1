"""A mistake in jobs/__init__.py is a message, although nearly everything imports it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

import job_list
from ops.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def break_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a jobs/__init__.py to be written, which is imported in place of the project's."""
    (tmp_path / "jobs").mkdir()
    file = tmp_path / "jobs" / "__init__.py"
    monkeypatch.setattr(job_list, "_FILE", file)
    monkeypatch.delitem(sys.modules, "jobs")
    monkeypatch.syspath_prepend(str(tmp_path))
    return file


MISTAKES = {
    "syntax": ("\nJOBS = (\n", "jobs/__init__.py:2: SyntaxError: '(' was never closed (__init__.py, line 2)"),
    "import": ("import no_such\n", "jobs/__init__.py:1: ModuleNotFoundError: No module named 'no_such'"),
    "exit": ("raise SystemExit(3)\n", "jobs/__init__.py:1: SystemExit: 3"),
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_names_what_keeps_the_list_from_being_read(
    break_list: Path, text: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check ends with this one problem and its line."""
    break_list.write_text(text)
    assert main(["check", "staging", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"] == [expected]
    assert main(["check", "staging"]) == 1
    assert expected in capsys.readouterr().err


def test_has_nothing_to_say_of_the_real_one() -> None:
    """The project's own list is read."""
    assert job_list.problem() is None
