"""Print the answers of commands: text for people, or JSON and nothing else."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox import views

if TYPE_CHECKING:
    from rich.console import RenderableType

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]

out = views.console()
err = views.console(stderr=True)


def answer(data: object, text: RenderableType, *, as_json: bool) -> None:
    """Print the data as JSON, or else the text."""
    if as_json:
        print_json(data)
    else:
        out.print(text, markup=False)


def print_json(data: object) -> None:
    """Print JSON on standard output."""
    sys.stdout.write(json.dumps(data, indent=2) + "\n")
