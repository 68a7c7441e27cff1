"""Reads what AWS and the ledger know of all schedules of a stack."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from holds.storage import Storage
from ops import aws_errors, warn
from ops.errors import OpsError
from ops.looking import listing
from watch import drift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holds.hold import Hold
    from ops.operator_account import OpenLedger, OperatorAccount
    from ops.stack import Place
    from watch.facts import ScheduleFacts


def read(account: OperatorAccount, place: Place, opened: OpenLedger) -> tuple[listing.Stack, dict[str, ScheduleFacts]]:
    """Return what is known of a stack, and the facts of the schedules whose times only GetSchedule knows.

    The number of calls grows with the pages of the answers, not with the jobs.
    """
    ledger = opened.ledger
    with aws_errors.explained():
        found = listing.Stack(
            items=ledger.deployed_jobs(partial(warn.of_foreign, "item")),
            records=ledger.jobs(partial(warn.of_foreign, "record")),
            deployed=account.schedules(place),
            now=opened.now,
            holds=holds(account, place),
        )
        return found, {name: drift.read(account.schedule(place, name)) for name in found.undescribed()}


def holds(account: OperatorAccount, place: Place) -> list[Hold]:
    """Return the holds of a stack. Those that cannot be read are a warning: the schedules can be shown without."""
    try:
        with aws_errors.explained():
            return Storage(account.ssm, place.group).all(warn.of_no_hold)
    except OpsError as error:
        warn.of_unknown_holds(error)
        return []


def to_come(account: OperatorAccount, place: Place, opened: OpenLedger) -> Iterator[listing.ToCome]:
    """Yield the schedules of a stack that are enabled or held, with what their next ticks depend on."""
    found, described = read(account, place, opened)
    yield from found.to_come(described)
