"""`python -m sandbox report` writes a page that shows the outcome of every tick."""

from __future__ import annotations

import importlib
from contextlib import nullcontext
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from report import file as files
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
        Path | None, typer.Option(metavar="FILE", help="Write the page to this file; default: .sandbox/report.html.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write one HTML page that shows the outcome of every tick in each stack's ledger."""
    if output is not None and as_json:
        raise SandboxError("give either --output or --json; --json prints the page's data")
    session = Session.default()
    client = connect(session)
    file = session.folder / _NAME if output is None else output
    try:
        files.check(file, "--output")
        found = _part("sandbox.collect").collect_all(session, client)
        if as_json:
            print_json(found.to_plain())
            return
        text: str = _part("report.page").page(found)
        with session.private() if output is None else nullcontext():
            files.write(file, text)
    except files.PageError as error:
        raise SandboxError(str(error)) from None
    answer(None, str(file), as_json=False)


def _part(name: str) -> ModuleType:
    """Import a part of the report only when needed, since its libraries load longer than other commands run."""
    return importlib.import_module(name)
