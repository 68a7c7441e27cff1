"""Whether the things are there without which nothing else can be examined: the watch's function, and its ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.account import Known
from doctor.checks import functions, ledger
from doctor.finding import Link
from doctor.reading.alert_path import function
from doctor.reading.functions import NO_ALERT
from doctor.reading.ledger import table
from watch.function_variables import LEDGER
from watch.names import function_name

if TYPE_CHECKING:
    from doctor.account import Account
    from doctor.finding import Finding


def fault(account: Account, group: str) -> Finding | None:
    """Return what is missing of a deployed group; None if nothing is, or if nobody can see it here."""
    name = function_name(group)
    watch = function(account, name)
    if not isinstance(watch, Known):
        return None
    if watch.value is None:
        schedules = account.schedules(group)
        is_deployed = isinstance(schedules, Known) and schedules.value is not None
        return functions.missing(Link.WATCH, name, NO_ALERT) if is_deployed else None
    variables = watch.value.get("Environment", {}).get("Variables", {})
    found = table(account, variables[LEDGER]) if LEDGER in variables else None
    is_gone = isinstance(found, Known) and found.value is None
    return ledger.missing(variables[LEDGER]) if is_gone else None
