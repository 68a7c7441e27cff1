"""Checks that the ledger is there, and that the watch writes it: it looks, and keeps the holds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from doctor.finding import Link, broken, sound, unchecked
from doctor.repair import AGAIN
from judgements.answers import Refused
from watch import instants
from watch.table import EXPIRES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from doctor.account import Known
    from doctor.finding import Finding

SILENT = timedelta(minutes=15)
"""Three checks of the watch."""
_THERE = frozenset({"ACTIVE", "UPDATING"})
"""States of a table that can be read and written (DynamoDB API reference, TableDescription, TableStatus)."""
_EXPIRING = frozenset({"ENABLED", "ENABLING"})


@dataclass(frozen=True, kw_only=True)
class LedgerTable:
    """The ledger's table, and what stands in it."""

    name: str
    watch: str
    """The name of the watch's function."""
    table: Known[Mapping[str, Any] | None] | Refused
    """DescribeTable's answer."""
    expiry: Known[Mapping[str, Any] | None] | Refused
    """DescribeTimeToLive's answer."""
    looked: Known[datetime | None] | Refused
    """When the watch looked last; None for never."""
    deployed: datetime | None
    """When the watch's function was changed last; None if that is unknown."""
    now: datetime


def check(ledger: LedgerTable) -> Iterator[Finding]:
    """Yield what is found of the table and of the watch's looks."""
    found = list(_of_table(ledger))
    yield from found or [sound(Link.WATCH, f"ledger {ledger.name}")]
    if isinstance(ledger.table, Refused) or ledger.table.value is not None:
        found = list(_of_looks(ledger))
        yield from found or [sound(Link.WATCH, "looks")]


def _of_table(ledger: LedgerTable) -> Iterator[Finding]:
    about = f"ledger {ledger.name}"
    if isinstance(ledger.table, Refused):
        yield unchecked(Link.WATCH, about, "the table's status", ledger.table)
    elif ledger.table.value is None:
        yield missing(ledger.name)
        return
    elif (status := ledger.table.value["Table"]["TableStatus"]) not in _THERE:
        text = f"the table is {status}, so nothing is recorded and no alert is sent"
        fix = "the table's page in the console of DynamoDB says why"
        yield broken("ledger-inactive", Link.WATCH, about, text, fix)
    yield from _of_expiry(ledger, about)


def missing(name: str) -> Finding:
    """Return that the table does not exist."""
    text = "there is no such table, so nothing is recorded and no alert is sent"
    return broken("ledger-missing", Link.WATCH, f"ledger {name}", text, AGAIN)


def _of_expiry(ledger: LedgerTable, about: str) -> Iterator[Finding]:
    if isinstance(ledger.expiry, Refused):
        yield unchecked(Link.WATCH, about, "whether its items expire", ledger.expiry)
        return
    described = (ledger.expiry.value or {}).get("TimeToLiveDescription", {})
    if described.get("TimeToLiveStatus") not in _EXPIRING or described.get("AttributeName") != EXPIRES:
        text = "the table's items do not expire, so it grows without end, and so do the costs of reading it"
        yield broken("ledger-grows", Link.WATCH, about, text, AGAIN)


def _of_looks(ledger: LedgerTable) -> Iterator[Finding]:
    """Yield that the watch does not look. A new one has not looked yet."""
    if isinstance(ledger.looked, Refused):
        yield unchecked(Link.WATCH, "looks", "when the watch looked last", ledger.looked)
        return
    last = ledger.looked.value or ledger.deployed
    if last is not None and ledger.now - last <= SILENT:
        return
    since = f"since {instants.text(ledger.looked.value)}" if ledger.looked.value else "yet"
    text = f"the watch has not looked {since}, so missed ticks and lost events have no alert"
    fix = f"the log of the function {ledger.watch} says why, if nothing else is found of it here"
    yield broken("watch-silent", Link.WATCH, "looks", text, fix)
