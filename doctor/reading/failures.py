"""Asks where the events go that the watch could not handle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.checks.failures import Failures
from doctor.reading.alert_path import NOT_FOUND, AlertPath
from watch import names

if TYPE_CHECKING:
    from doctor.account import Account
    from doctor.stack import Stack


def read(account: Account, stack: Stack) -> Failures:
    """Return the destination of failed events."""
    watch = AlertPath(account, stack).watch
    return Failures(
        queue=names.given_up_name(stack.group),
        answer=account.ask("lambda", "get_function_event_invoke_config", absent=NOT_FOUND, FunctionName=watch),
    )
