"""`python -m sandbox report`: what became of every tick, as a page to look at."""

from __future__ import annotations

import importlib
from contextlib import nullcontext
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.answers import Json, answer, print_json
from sandbox.client import connect
from sandbox.errors import SandboxError
from sandbox.session import Session

if TYPE_CHECKING:
    from types import ModuleType

_NAME = "report.html"


def report(
    *,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page here, not to .sandbox/report.html.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write what became of every tick as one HTML page, from the ledger of each stack."""
    if output is not None and as_json:
        raise SandboxError("say either --output or --json, which prints what the page tells")
    session = Session.default()
    client = connect(session)
    file = session.folder / _NAME if output is None else output
    _check(file)
    found = _part("collect").collect(session, client)
    if as_json:
        print_json(found.to_plain())
        return
    text: str = _part("page").page(found)
    try:
        with session.private() if output is None else nullcontext():
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SandboxError(f"{file} cannot be written: {error.strerror}") from None
    answer(None, str(file), as_json=False)


def _check(file: Path) -> None:
    """Refuse a file that cannot be made, before anything is collected."""
    try:
        folder, has_place = file.is_dir(), file.parent.is_dir()
    except OSError as error:
        raise SandboxError(f"{file} cannot be written: {error.strerror}") from None
    if folder:
        raise SandboxError(f"{file} is a folder; name a file")
    if not has_place:
        raise SandboxError(f"{file} cannot be written: there is no folder {file.parent}")


def _part(name: str) -> ModuleType:
    """Import a part of the report, whose libraries take longer to load than the other commands take."""
    return importlib.import_module(f"sandbox.report.{name}")
