"""The folder of a handler: what belongs to the code, and whether the handler is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers import folder
from handlers.entry import Entry
from handlers.requirements import Mistake

if TYPE_CHECKING:
    from pathlib import Path


def test_files(tmp_path: Path) -> None:
    """Everything belongs to the code except requirements, hidden and compiled files."""
    kept = ("app.py", "data/rates.csv", "deep/er/mod.py")
    for name in (*kept, "requirements.txt", "requirements.in", ".env", ".git/config", "__pycache__/app.pyc", "old.pyc"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "app.py").chmod(0o755)
    (tmp_path / "data/rates.csv").chmod(0o600)
    found = folder.files(tmp_path)
    assert {name: entry.content.decode() for name, entry in found.items()} == {name: name for name in kept}
    assert [name for name, entry in found.items() if entry.executable] == ["app.py"]


CODE = {
    "app.py": Entry(
        b"try:\n    from fast import handle\nexcept ImportError:\n    def handle(event, context): ...\nrun = 1"
    ),
    "pkg/__init__.py": Entry(b"from pkg.parts import *"),
    "pkg/deep.py": Entry(b"class Work: ...\nif True:\n    async def later(): ...\nelse:\n    import x.y as z"),
    "broken.py": Entry(b"def ("),
}


@pytest.mark.parametrize(
    "handler", ["app.handle", "app.run", "pkg.any", "pkg.deep.Work", "pkg/deep.later", "pkg.deep.z"]
)
def test_handler(handler: str) -> None:
    """A handler may be defined, assigned or imported, at any place of its module's own level."""
    assert folder.check_handler(handler, CODE) == []


WRONG = {
    "app.other": Mistake("app.py", "defines no other, which the handler app.other names"),
    "gone.handle": Mistake("gone.py", "is missing; the handler gone.handle is the function handle of this file"),
}


@pytest.mark.parametrize(("handler", "mistake"), WRONG.items(), ids=WRONG)
def test_no_handler(handler: str, mistake: Mistake) -> None:
    """A handler that no file defines is a mistake before anything is deployed."""
    assert folder.check_handler(handler, CODE) == [mistake]


def test_no_python() -> None:
    """A file with a mistake of syntax is named."""
    (mistake,) = folder.check_handler("broken.handle", CODE)
    assert (mistake.place, mistake.reason.startswith("is not Python: ")) == ("broken.py", True)
