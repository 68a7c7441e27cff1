"""Asks about the addresses at which receivers tell the end of what they have accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.checks.callback import UsedCallback
from doctor.reading.alert_path import NOT_FOUND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.account import Account
    from doctor.stack import Stack
    from watch.facts import InvokedFunction


def read(account: Account, stack: Stack) -> Sequence[UsedCallback]:
    """Return the address of each job that has one."""
    told = {job: one.function for job, one in sorted(stack.jobs.items()) if one.function and one.function.callback}
    return [*account.each(told, lambda job: _callback(account, job, told[job])).values()]


def _callback(account: Account, job: str, invoked: InvokedFunction) -> UsedCallback:
    function, _, name = invoked.alias.rpartition(":")
    place = {"FunctionName": function, "Qualifier": name}
    return UsedCallback(
        job=job,
        alias=invoked.alias,
        address=invoked.callback,
        answer=account.ask("lambda", "get_function_url_config", absent=NOT_FOUND, **place),
        policy=account.ask("lambda", "get_policy", absent=NOT_FOUND, **place),
    )
