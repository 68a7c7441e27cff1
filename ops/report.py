"""Writes one HTML page that shows the outcome of every tick in a stack's ledger."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ops import aws_errors, sandboxed, stack, warn
from ops.errors import OpsError
from ops.operator_account import OperatorAccount
from report import file as files
from report.collect import Sources, Stack, collect
from report.data import Report
from report.page import page
from settings import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.stack import Place

_HTML = "--html"
_ABOUT = """
The page needs nothing but a browser. It has no logs; `python -m sandbox report` also shows the logs and the messages of
the sandbox.

exit codes: 0 written; 1 the ledger cannot be read, or the file cannot be written; 2 wrong arguments; 130 interrupted

example: python -m ops report --stack production --html production.html
"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command `report`."""
    parser.description = __doc__
    parser.epilog = _ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    stack.add_to(parser)
    output = parser.add_mutually_exclusive_group()
    output.add_argument(_HTML, type=Path, metavar="FILE", help="write the page to this file; default: <group>.html")
    output.add_argument("--json", action="store_true", help="print the page's data as JSON and nothing else")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Write the page and return the exit code. OpsError when the stack cannot be read, or the file not be written."""
    place = stack.find(given.folder, given.stack, region=given.region, group=given.group)
    file = (given.html or Path(f"{place.group}.html")).absolute()
    if not given.json:
        _try(partial(files.check, file, _HTML))
    if (code := sandboxed.run(given, *([] if given.json else [_HTML, str(file)]))) is not None:
        return code
    found = _collect(place, given.stack)
    if given.json:
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
