"""Warnings about the ledger, each one line on standard error."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from ops import aws_errors
from watch import instants
from watch.untrusted import quoted, visible

if TYPE_CHECKING:
    from holds.hold import HoldError
    from ops.operator_account import OpenLedger
    from watch.records import RecordError

_SILENT = timedelta(minutes=15)
"""Three checks of the watch."""


def of_foreign(what: str, name: str, error: RecordError) -> None:
    """Say that a part of the ledger, such as the record of the job `name`, is left out."""
    _say(f"the ledger's {what} of {quoted(name)} was not written by this program, so it is left out: {error}")


def of_no_hold(name: str, error: HoldError) -> None:
    """Say that a parameter among the holds is none."""
    _say(f"the parameter {quoted(name)} {error}")


def of_unknown_holds(error: Exception) -> None:
    """Say that nothing is known of holds."""
    _say(f"the holds cannot be read, so a held schedule is shown as disabled: {error}")


def of_silence(opened: OpenLedger) -> None:
    """Say that the watch does not check the stack, if it does not."""
    with aws_errors.explained():
        last = opened.ledger.last_check()
    if last is None:
        _say("the watch has not checked this stack yet, so ticks may be unknown")
    elif opened.now - last > _SILENT:
        _say(f"the watch has not checked since {instants.text(last)}, so ticks may be unknown")


def _say(text: str) -> None:
    sys.stderr.write(f"warning: {visible(text)}\n")
