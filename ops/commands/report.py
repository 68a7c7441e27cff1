"""Writes one HTML page that shows the outcome of every tick in a stack's ledger."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ops import aws_errors, options, progress, sandboxed, warn
from ops.errors import OpsError
from ops.operator_account import OperatorAccount
from ops.stack import Chosen
from report import file as files
from report.collect import Sources, Stack, collect
from report.data import Report
from report.page import page
from settings import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.stack import Place

_HTML = "--html"
ABOUT = """
The page needs nothing but a browser. It has no logs; `python -m sandbox report` also shows the logs and the messages of
the sandbox.

exit codes: 0 written; 1 the ledger cannot be read, or the file cannot be written; 2 wrong arguments; 130 interrupted

example: python -m ops report --stack production --html production.html
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    *,
    html: Annotated[
        Path | None, typer.Option(_HTML, metavar="FILE", help="Write the page to this file; default: <group>.html.")
    ] = None,
    stack: options.Stack = None,
    group: options.Group = None,
    region: options.Region = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the page's data as JSON and nothing else.")] = False,
) -> int:
    """Write the page and return the exit code. OpsError when the stack cannot be read, or the file not be written."""
    if html and as_json:
        raise typer.BadParameter(f"not together with {_HTML}, which writes a file", param_hint="--json")
    chosen = Chosen(stack=stack, group=group, region=region)
    place = chosen.place()
    file = (html or Path(f"{place.group}.html")).absolute()
    if not as_json:
        _try(partial(files.check, file, _HTML))
    if (code := sandboxed.run(context, chosen, *([] if as_json else [_HTML, str(file)]))) is not None:
        return code
    with progress.of(f"reading all ticks of {place.group}"):
        found = _collect(place, stack)
    if as_json:
        sys.stdout.write(json.dumps(found.to_plain(), indent=2) + "\n")
    else:
        _try(partial(files.write, file, page(found)))
        sys.stdout.write(f"{file}\n")
    return 0


def _try(step: Callable[[], None]) -> None:
    try:
        step()
    except files.PageError as error:
        raise OpsError(str(error)) from None


def _collect(place: Place, stack_name: str | None) -> Report:
    account = OperatorAccount(place.region)
    opened = account.ledger(place)
    sources = Sources(
        scheduler=account.scheduler,
        ledger=opened.ledger,
        now=opened.now,
        log=_unread,
        unreadable=partial(warn.of_foreign, "record"),
    )
    shown = Stack(
        project=NAMESPACE if stack_name else "",
        name=stack_name or place.group,
        group=place.group,
        region=place.region,
    )
    with aws_errors.explained():
        found = collect(shown, sources, messages=None)
    warn.of_silence(opened)
    return Report(now=opened.now, stacks=(found,))


def _unread(_task: str) -> None:
    """Return that a log was not read."""
