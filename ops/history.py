"""Shows the past ticks of a job, newest first, with what has run of each: from the ledger."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops import aws_errors, columns, known_jobs, past, sandboxed, tick_words, warn
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.stack import Chosen
from report import words
from supervision.waiting import waits
from watch import classes, instants
from watch.decisions import duration
from watch.names import STOP_REASON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ops.known_jobs import KnownJob
    from supervision.waiting import Wait
    from watch.ledger import Ledger
    from watch.records import Run, Tick

_TITLES = ("TICK", "SCHEDULE", "OUTCOME", "ALERT", "RUN", "TOOK", "EXIT", "BY", "TASK", "REASON")
_NARROW = slice(7)
"""The columns of a narrow terminal. The others are on a second line."""
ABOUT = """
OUTCOME and ALERT are the tick's: how it ended, and the class of the alert that was sent. Each of its runs has a line,
the earliest first, with its own outcome (RUN), its exit code, and its task. With retries, RUN also says
which attempt it was: `failed, 1 of 3`. A run that is still to come of a supervised job's tick has the line `waiting`,
with what the tick waits for.

exit codes: 0 shown, even if no tick is known; 1 the ledger cannot be read, or has no such job; 2 wrong arguments;
            130 interrupted

example: python -m ops history --stack production nightly-report --since 30d
"""


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


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB", help="A job, or one of its schedules: JOB.KEY.")],
    *,
    since: Annotated[str, typer.Option(help="From when on: 36h, 7d or 2027-03-28T03:00.")] = "7d",
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Show the ticks and return the exit code. OpsError when the ledger cannot be read, or does not know the job."""
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    opened = OperatorAccount(place.region).ledger(place)
    begin = past.since(since, opened.now)
    with aws_errors.explained():
        known = known_jobs.find(opened.ledger, place, job)
        zones = known.zones
        found = _ticks(opened.ledger, known, begin)
    warn.of_silence(opened)
    if as_json:
        about = {"group": place.group, "region": place.region, "now": instants.text(opened.now)}
        told = {**about, "since": instants.text(begin), "ticks": [line.to_plain() for line in found]}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        shown = text(found, opened.now, columns.of_terminal()) or [_nothing(job, zones, begin)]
        sys.stdout.writelines(f"{line}\n" for line in shown)
    return 0


def text(found: Sequence[Line], now: datetime, terminal: int | None) -> list[str]:
    """Return the lines for people, which a terminal of so many columns shows; None is a pipe. Empty without ticks."""
    if not found:
        return []
    several = len({line.tick.schedule for line in found}) > 1
    rows = [row for line in found for row in _rows(line, now, several=several)]
    return columns.table(_TITLES, rows, terminal, narrow=range(len(_TITLES))[_NARROW], rest=_rest)


def _ticks(ledger: Ledger, known: KnownJob, since: datetime) -> list[Line]:
    foreign = partial(warn.of_foreign, "tick")
    ticks = [tick for name in known.zones for tick in ledger.ticks(name, instants.text(since), foreign)]
    return newest(ticks, known)


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
        yield [*first, *run, "; ".join(filter(None, (*reasons, why)))]


def _to_come(wait: Wait, timezone: str) -> list[str]:
    """Return the cells of a run that is to come."""
    by = "by hand" if wait.by_hand else ""
    return [words.meaning(classes.WAITING), "", "", by, "", words.waiting(wait, partial(words.wall, zone=timezone))]


def _why(run: Run) -> str:
    """Return who stopped a run and why. For other runs the outcome tells."""
    return run.reason.removeprefix(STOP_REASON) if run.outcome == classes.STOPPED else ""


def _run(run: Run, now: datetime) -> list[str]:
    return [
        words.meaning(run.outcome) + (f", {run.attempt} of {run.attempts}" if run.attempt else ""),
        _took(run, now),
        "" if run.exit_code is None else str(run.exit_code),
        "by hand" if run.by_hand else "",
        run.task.rpartition("/")[2],
    ]


def _took(run: Run, now: datetime) -> str:
    seconds = duration(run)
    if seconds is not None:
        return words.length(seconds)
    if run.outcome == classes.RUNNING and run.started:
        return f"{words.length(max(int((now - instants.read(run.started)).total_seconds()), 0))} so far"
    return ""


def _rest(row: Sequence[str]) -> str:
    """Return what a narrow terminal shows on a second line."""
    *_, by, task, reason = row
    return ", ".join(part for part in (task and f"task {task}", by, reason) if part)


def _nothing(name: str, zones: Mapping[str, str], since: datetime) -> str:
    zone = words.zone_named(min(zones.values(), default="UTC")).key
    return f"No tick of {name} is known since {words.wall(since, zone)}."
