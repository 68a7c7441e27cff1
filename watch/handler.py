"""The function's entry. It handles what is told of runs (events, records, reports), dead letters, and the sweep.

The supervisor invokes it too, to let it send a job's messages, and an operator, to let it send a test alert.
"""

from __future__ import annotations

import os
import sys
import traceback
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from aws_facts.arn import Arn
from watch import invocations, reports, untrusted
from watch.facts import FILE, Facts
from watch.function_variables import LAUNCHES, LEDGER, TOPIC
from watch.ledger import Ledger
from watch.sweep import Sweep
from watch.wakes import Wakes
from watch.watched_account import WatchedAccount
from watch.watcher import Watcher

_EVERY_FIVE_MINUTES = "Scheduled Event"


def handle(event: dict[str, Any], context: Any) -> dict[str, Any] | None:  # noqa: ANN401 - Lambda's has no type
    """Handle one invocation. If an event fails, AWS repeats the invocation, and keeps the event after the last one."""
    watch = _watch(context.invoked_function_arn)
    if "Records" in event:
        return {"batchItemFailures": [{"itemIdentifier": name} for name in _not_taken(watch, event["Records"])]}
    if event.get("detail-type") == _EVERY_FIVE_MINUTES:
        _sweep(watch)
    elif "taskArn" in event:
        watch.take_event(event)
    elif invocations.is_record(event):
        watch.take_record(event)
    elif reports.is_report(event):
        watch.take_report(event)
    elif "tell" in event:
        watch.tell_of(untrusted.checked_job(event["tell"]))
    elif "test" in event:
        watch.send_test(untrusted.checked_job(event["test"]), str(event.get("by")))
    else:
        parts = ", ".join(map(untrusted.quoted, sorted(event)))
        raise ValueError(f"this is not an event for the watch: it has {parts or 'no fields'}")
    return None


def _sweep(watch: Watcher) -> None:
    """Sweep the stack. A failed sweep is not repeated, because the next one comes in five minutes.

    It does not count in the metric `Looks`, so an alarm reports a stack that is not checked.
    """
    try:
        Sweep(watch).take()
    except Exception:  # noqa: BLE001 - a record of the failed invocation would only say that it was a sweep
        sys.stdout.write(untrusted.logged(f"the check failed: {traceback.format_exc()}"))


def _not_taken(watch: Watcher, records: list[dict[str, Any]]) -> list[str]:
    """Handle each dead letter on its own; return the ids of those that the queue must deliver again."""
    failed = []
    for record in records:
        try:
            watch.take_dead_letter(record)
        except Exception:  # noqa: BLE001 - the queue delivers it again, and gives it up after five receives
            sys.stdout.write(untrusted.logged(f"dead letter {record['messageId']}: {traceback.format_exc()}"))
            failed.append(record["messageId"])
    return failed


@cache
def _watch(function_arn: str) -> Watcher:
    """Return the watcher of the group. Each invocation reads the jobs that it is about from their items."""
    facts = Facts.from_json((Path(__file__).parent.parent / FILE).read_text(encoding="utf-8"))
    account, topic = WatchedAccount(), os.environ[TOPIC]
    ledger = Ledger(account.dynamodb, os.environ[LEDGER], facts.retention_days)
    wakes = Wakes(os.environ[LAUNCHES], lambda: account.sqs, _now) if LAUNCHES in os.environ else Wakes()
    return Watcher(facts, account, ledger, topic, where=Arn.parse(function_arn), clock=_now, wakes=wakes)


def _now() -> datetime:
    return datetime.now(UTC)
