"""Asks about the ledger's table, and what the watch and the deployments have written there."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from doctor.account import Known
from doctor.checks.ledger import LedgerTable
from doctor.reading.alert_path import NOT_FOUND, AlertPath
from watch.function_variables import LEDGER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doctor.account import Account
    from doctor.stack import Stack
    from judgements.answers import Refused


def read(account: Account, stack: Stack) -> LedgerTable:
    """Return what is known of the table."""
    path = AlertPath(account, stack)
    name = path.variables.get(LEDGER, "")
    configuration = path.function(path.watch)
    changed = configuration.value["LastModified"] if isinstance(configuration, Known) and configuration.value else None
    return LedgerTable(
        name=name,
        watch=path.watch,
        table=table(account, name),
        expiry=account.ask("dynamodb", "describe_time_to_live", absent=NOT_FOUND, TableName=name),
        looked=account.attempt(stack.ledger.last_check),
        deployed=datetime.fromisoformat(changed) if changed else None,
        now=stack.now,
    )


def table(account: Account, name: str) -> Known[Mapping[str, Any] | None] | Refused:
    """Return DescribeTable's answer about the ledger's table."""
    return account.ask("dynamodb", "describe_table", absent=NOT_FOUND, TableName=name)
