"""The folder of a handler: its files, and whether the handler is in them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from handlers.entry import Entry
from handlers.requirements import FILE, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_LEFT_OUT = (FILE, "requirements.in")
_OWN_EXECUTABLE = 0o100


def files(folder: Path) -> Mapping[str, Entry]:
    """Return the files of a folder, by their names in it.

    Without its requirements, compiled files, and what begins with a dot.
    """
    return {
        name: Entry(path.read_bytes(), executable=bool(path.stat().st_mode & _OWN_EXECUTABLE))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _belongs(name := path.relative_to(folder).as_posix())
    }


def _belongs(name: str) -> bool:
    parts = name.split("/")
    hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
    return not (hidden or name.endswith(".pyc") or name in _LEFT_OUT)


def check_handler(handler: str, code: Mapping[str, Entry]) -> Sequence[Mistake]:
    """Return a mistake for a handler such as `app.handle` whose module does not define it."""
    module, _, name = handler.rpartition(".")
    path = module.replace(".", "/")
    file = next((one for one in (f"{path}.py", f"{path}/__init__.py") if one in code), None)
    if file is None:
        return [Mistake(f"{path}.py", f"is missing; the handler {handler} is the function {name} of this file")]
    try:
        tree = ast.parse(code[file].content)
    except (SyntaxError, ValueError) as error:
        return [Mistake(file, f"is not Python: {error}")]
    names = set(_names(tree.body))
    if name in names or "*" in names:
        return []
    return [Mistake(file, f"defines no {name}, which the handler {handler} names")]


def _names(body: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements may define, also under a condition; `*` for all names of another module."""
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((one.asname or one.name).partition(".")[0] for one in names)
            case ast.Assign() | ast.AnnAssign():
                yield from (one.id for one in ast.walk(statement) if isinstance(one, ast.Name))
            case _:
                for part in ("body", "orelse", "finalbody"):
                    yield from _names(getattr(statement, part, []))
                for handler in getattr(statement, "handlers", []):
                    yield from _names(handler.body)
