"""Read the report's data from the ledger's records and the mailbox. Pure, except for the given function for logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from report.data import ShownAlert, ShownRun, ShownTick, Unlisted
from report.marks import mark
from watch import classes, instants
from watch.decisions import duration
from watch.redaction import hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from report.data import ShownSchedule
    from supervision.waiting import Wait
    from watch import records

MOST_TICKS = 300
"""Most good ticks of one schedule on the page, and most other ticks, so that a busy job's page is readable."""
QUARTER = timedelta(minutes=15)
"""Every time zone of today is off UTC by whole quarters, so a quarter is in one hour of every zone."""
MOST_LINES = 200
"""Most lines of one log on the page; they are the last ones."""

Log = Callable[[str], Sequence[str] | None]
"""Returns the log lines of the task with this id; None for a log that is not read."""


def newest(ticks: Sequence[records.Tick]) -> list[records.Tick]:
    """Return the latest good ticks and the latest others, in their order."""
    good = [tick.tick for tick in ticks if is_good(tick)][-MOST_TICKS:]
    other = [tick.tick for tick in ticks if not is_good(tick)][-MOST_TICKS:]
    chosen = {*good, *other}
    return [tick for tick in ticks if tick.tick in chosen]


def unlisted(ticks: Iterable[records.Tick], listed: Iterable[records.Tick]) -> tuple[Unlisted, ...]:
    """Return the ticks that are not listed, counted by quarter of an hour and outcome, in order."""
    names = {tick.tick for tick in listed}
    found = Counter(
        (_quarter(instants.read(tick.tick)), mark(tick.outcome, tick.alert)) for tick in ticks if tick.tick not in names
    )
    return tuple(Unlisted(at=at, mark=outcome, count=count) for (at, outcome), count in sorted(found.items()))


def is_good(tick: records.Tick) -> bool:
    """Return whether a tick was good and did not take too long."""
    return mark(tick.outcome, tick.alert) == classes.GOOD


def read_tick(tick: records.Tick, hide: Mapping[str, str], log: Log, waits: Iterable[Wait] = ()) -> ShownTick:
    """Return a tick with its runs; `hide` maps values that must not be shown to the names that replace them.

    `waits` is what the ticks in flight of the job wait for.
    """
    runs = sorted(tick.runs.items(), key=lambda item: (item[1].created or "", item[0]))
    return ShownTick(
        at=instants.read(tick.tick),
        outcome=tick.outcome,
        alert=tick.alert,
        reason=hidden(tick.reason, hide),
        runs=tuple(_run(name, run, hide, log) for name, run in runs),
        waits=tuple(replace(one, why=hidden(one.why, hide)) for one in waits if (one.schedule, one.tick) == tick.key),
    )


def read_alerts(mails: Iterable[Mapping[str, Any]], topic: str) -> tuple[ShownAlert, ...]:
    """Return a topic's messages; a message to several addresses is one alert."""
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


def alerts_of_ticks(schedules: Iterable[ShownSchedule]) -> tuple[ShownAlert, ...]:
    """Return the listed ticks that were alerted, in their order."""
    found = [(tick, one.name) for one in schedules for tick in one.ticks if tick.alert]
    found.sort(key=lambda pair: (pair[0].at, pair[1]))
    return tuple(
        ShownAlert(at=tick.at, to=(), subject=f"{name} {_title(tick.alert or '')}", body=tick.reason)
        for tick, name in found
    )


def _title(class_: str) -> str:
    """Return the words of an alert of this class, such as `did not start`; the class itself if it is unknown."""
    known = classes.BY_NAME.get(class_)
    return known.title if known and known.title else class_


def _run(task: str, run: records.Run, hide: Mapping[str, str], log: Log) -> ShownRun:
    read = log(task)
    lines = [hidden(line, hide) for line in read or ()]
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
        attempt=run.attempt,
        attempts=run.attempts,
        worker=run.worker,
        log=None if read is None else tuple(lines[-MOST_LINES:]),
        log_left_out=max(len(lines) - MOST_LINES, 0),
    )


def _quarter(instant: datetime) -> datetime:
    return instant - timedelta(seconds=instant.timestamp() % QUARTER.total_seconds())


def _instant(written: str | None) -> datetime | None:
    return instants.read(written) if written else None
