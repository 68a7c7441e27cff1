"""The past ticks of a job as people see them: newest first, with what has run of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ops import columns, tick_words
from report import words
from supervision.waiting import waits
from watch import classes, instants, run_kinds
from watch.decisions import duration
from watch.names import STOP_REASON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ops.known_jobs import KnownJob
    from supervision.waiting import Wait
    from watch.records import Run, Tick

_TITLES = ("TICK", "SCHEDULE", "OUTCOME", "ALERT", "RUN", "TOOK", "EXIT", "UTC", "BY", "", "REASON")
"""The column without a title has the ids of runs: `_named` says of what."""
_NARROW = slice(7)
"""The columns of a narrow terminal. The others are on a second line."""
_LONGEST_REASON = 120
"""Characters of a reason. The alert has all of it."""


@dataclass(frozen=True)
class Line:
    """A tick, its schedule's time zone, and what it waits for if it is in flight."""

    tick: Tick
    timezone: str
    waits: tuple[Wait, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Return the tick as JSON values."""
        tick = self.tick
        told = {"schedule": tick.schedule, "tick": tick.tick, "timezone": self.timezone}
        waits = [tick_words.plain_wait(wait) for wait in self.waits]
        known = {"alert": tick.alert, "reason": tick.reason, **(tick_words.plain(tick) or {})}
        return {**told, **known, "waiting": waits}


def text(found: Sequence[Line], now: datetime, terminal: int | None) -> list[str]:
    """Return the lines for people, which a terminal of so many columns shows; None is a pipe. Empty without ticks."""
    if not found:
        return []
    several = len({line.tick.schedule for line in found}) > 1
    rows = [row for line in found for row in _rows(line, now, several=several)]
    kinds = {_id(run): run_kinds.kind(run.task) for line in found for run in line.tick.runs.values()}
    titles = [title or _named(set(kinds.values())) for title in _TITLES]
    return columns.table(titles, rows, terminal, narrow=range(len(titles))[_NARROW], rest=partial(_rest, kinds))


def newest(ticks: Sequence[Tick], known: KnownJob) -> list[Line]:
    """Return ticks of a job's schedules, the newest first, with what those in flight wait for."""
    in_flight = waits(known.record.traffic.flights)
    ordered = sorted(ticks, key=lambda tick: (tick.tick, tick.schedule), reverse=True)
    return [
        Line(
            tick,
            words.zone_named(known.zones[tick.schedule]).key,
            tuple(wait for wait in in_flight if (wait.schedule, wait.tick) == tick.key),
        )
        for tick in ordered
    ]


def _id(run: Run) -> str:
    return run.task.rpartition("/")[2]


def _named(kinds: AbstractSet[str]) -> str:
    """Return the title of the column with the ids of runs of these kinds. A job may have become a function."""
    return " OR ".join(sorted(kinds, reverse=True)).upper()


def _rows(line: Line, now: datetime, *, several: bool) -> Iterator[list[str]]:
    """Yield a row for each run of a tick, also for one to come, or one row without any. The first one has the tick."""
    tick = line.tick
    about = [
        words.wall(instants.read(tick.tick), line.timezone),
        tick.schedule if several else "",
        words.meaning(tick.outcome),
        words.meaning(tick.alert) if tick.alert else "",
    ]
    cells = [[*_run(one, now), _why(one)] for one in tick_words.runs(tick)]
    cells += [_to_come(wait, line.timezone) for wait in line.waits]
    for place, (*run, why) in enumerate(cells or [["", "", "", "", "", ""]]):
        reasons = [] if place else [tick.reason]
        first = ["" for _ in about] if place else about
        *how, by, task = run
        moment = "" if place else tick.tick
        yield [*first, *how, moment, by, task, "; ".join(filter(None, (*reasons, why)))]


def _to_come(wait: Wait, timezone: str) -> list[str]:
    """Return the cells of a run that is to come."""
    by = "by hand" if wait.by_hand else ""
    return [words.meaning(classes.WAITING), "", "", by, "", words.waiting(wait, partial(words.wall, zone=timezone))]


def _why(run: Run) -> str:
    """Return who stopped a run and why, how one failed that is no task, or that nobody has begun it.

    Of a task, outcome and exit code tell.
    """
    if run.outcome == classes.STOPPED:
        return run.reason.removeprefix(STOP_REASON)
    kind = run_kinds.kind(run.task)
    if run.outcome == classes.RUNNING:
        return "no worker has taken it yet" if kind == run_kinds.WORKER_RUN and not run.started else ""
    if run.outcome == classes.GOOD or kind == run_kinds.TASK:
        return ""
    return run.reason if len(run.reason) <= _LONGEST_REASON else run.reason[: _LONGEST_REASON - 1] + "…"


def _run(run: Run, now: datetime) -> list[str]:
    return [
        words.meaning(run.outcome) + (f", {run.attempt} of {run.attempts}" if run.attempt else ""),
        _took(run, now),
        "" if run.exit_code is None else str(run.exit_code),
        ", ".join(filter(None, ("by hand" if run.by_hand else "", run.worker.rpartition("/")[2]))),
        _id(run),
    ]


def _took(run: Run, now: datetime) -> str:
    seconds = duration(run)
    if seconds is not None:
        return words.length(seconds)
    if run.outcome == classes.RUNNING and run.started:
        return f"{words.length(max(int((now - instants.read(run.started)).total_seconds()), 0))} so far"
    return ""


def _rest(kinds: Mapping[str, str], row: Sequence[str]) -> str:
    """Return what a narrow terminal shows on a second line. `kinds` has what each run is, by its id."""
    *_, moment, by, run, reason = row
    return ", ".join(part for part in (moment, run and f"{kinds[run]} {run}", by, reason) if part)
