"""The function's entry. It takes the messages of the launch queue."""

from __future__ import annotations

import os
import sys
import traceback
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from aws_facts.arn import Arn
from supervisor.account import Account
from supervisor.supervisor import Supervisor
from watch import launches, untrusted
from watch.facts import FILE, Facts
from watch.function_variables import LAUNCHES, LEDGER
from watch.ledger import Ledger
from watch.names import function_name
from watch.wakes import Wakes
from watch.watched_account import WatchedAccount
from watch.watcher import Watcher


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's has no type
    """Take each message on its own. The queue delivers those that failed again, and gives them up after five times."""
    supervisor = _supervisor(context.invoked_function_arn)
    failed = []
    for record in event["Records"]:
        try:
            supervisor.take(launches.read(record["body"]))
        except Exception:  # noqa: BLE001 - the other messages are taken all the same
            sys.stdout.write(untrusted.logged(f"message {record['messageId']}: {traceback.format_exc()}"))
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


@cache
def _supervisor(function_arn: str) -> Supervisor:
    facts = Facts.from_json((Path(__file__).parent.parent / FILE).read_text(encoding="utf-8"))
    watched, own = WatchedAccount(), Account(_now)
    watcher = Watcher(
        facts,
        watched,
        Ledger(watched.dynamodb, os.environ[LEDGER], facts.retention_days),
        "",
        where=Arn.parse(function_arn),
        clock=_now,
        wakes=Wakes(os.environ[LAUNCHES], lambda: watched.sqs, _now, awake=True),
        tell=partial(own.tell, function_name(facts.group)),
    )
    return Supervisor(watcher, own, _now)


def _now() -> datetime:
    return datetime.now(UTC)
