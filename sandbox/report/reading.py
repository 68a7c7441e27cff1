"""Reads what the report tells out of the ledger's records and the mailbox. Pure, but for the logs that it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.report.data import ShownAlert, ShownRun, ShownTick
from sandbox.report.marks import mark
from watch import classes, instants
from watch.decisions import duration
from watch.redaction import hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from watch import records

MOST_TICKS = 300
"""Of one schedule that were good, and as many that were not: a page of all that a busy job did is read by nobody."""
MOST_LINES = 200
"""Of one log, the last."""

Log = Callable[[str], Sequence[str]]
"""Gives the lines that a task wrote, by its id."""


def newest(ticks: Sequence[records.Tick]) -> list[records.Tick]:
    """Choose the latest ticks, in the order that they have."""
    good = [tick.tick for tick in ticks if is_good(tick)][-MOST_TICKS:]
    other = [tick.tick for tick in ticks if not is_good(tick)][-MOST_TICKS:]
    chosen = {*good, *other}
    return [tick for tick in ticks if tick.tick in chosen]


def is_good(tick: records.Tick) -> bool:
    """Tell whether a tick was good, and in good time."""
    return mark(tick.outcome, tick.alert) == classes.GOOD


def read_tick(tick: records.Tick, hide: Mapping[str, str], log: Log) -> ShownTick:
    """Read a tick with its runs; `hide` are values that are not to be shown, with the names shown in their place."""
    runs = sorted(tick.runs.items(), key=lambda item: (item[1].created or "", item[0]))
    return ShownTick(
        at=instants.read(tick.tick),
        outcome=tick.outcome,
        alert=tick.alert,
        reason=hidden(tick.reason, hide),
        runs=tuple(_run(name, run, hide, log) for name, run in runs),
    )


def read_alerts(mails: Iterable[Mapping[str, Any]], topic: str) -> tuple[ShownAlert, ...]:
    """Read a topic's messages; what several addresses were sent is one."""
    found: dict[tuple[str, str], ShownAlert] = {}
    for mail in mails:
        if mail["topic"] != topic:
            continue
        key = (mail["at"], mail["subject"])
        earlier = found.get(key)
        found[key] = ShownAlert(
            at=datetime.fromisoformat(mail["at"]),
            to=(*(earlier.to if earlier else ()), mail["to"]),
            subject=mail["subject"],
            body=earlier.body if earlier else mail["body"],
            undelivered=(earlier.undelivered if earlier else None) or mail["undelivered"],
        )
    return tuple(found.values())


def _run(task: str, run: records.Run, hide: Mapping[str, str], log: Log) -> ShownRun:
    lines = [hidden(line, hide) for line in log(task)]
    return ShownRun(
        task=task,
        status=run.status,
        outcome=run.outcome,
        started=_instant(run.started),
        stopped=_instant(run.stopped),
        seconds=duration(run),
        exit_code=run.exit_code,
        stop_code=run.stop_code,
        reason=hidden(run.reason, hide),
        log=tuple(lines[-MOST_LINES:]),
        log_left_out=max(len(lines) - MOST_LINES, 0),
    )


def _instant(written: str | None) -> datetime | None:
    return instants.read(written) if written else None
