"""Shows the past ticks of a job, newest first, with what has run of each: from the ledger."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ops import aws_errors, columns, known_jobs, past, progress, sandboxed, warn
from ops.looking import past_ticks
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.stack import Chosen
from report import words
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ops.known_jobs import KnownJob
    from ops.looking.past_ticks import Line
    from watch.ledger import Ledger

ABOUT = """
OUTCOME and ALERT are the tick's: how it ended, and the class of the alert that was sent. UTC is the tick as --tick
of other commands takes it. Each of its runs has a line, the earliest first, with its own outcome (RUN), its exit code,
and its task. With retries, RUN also says which attempt it was: `failed, 1 of 3`. A run that is still to come of a
supervised job's tick has the line `waiting`, with what the tick waits for.

exit codes: 0 shown, even if no tick is known; 1 the ledger cannot be read, or has no such job; 2 wrong arguments;
            130 interrupted

example: python -m ops history --stack production nightly-report --since 30d
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB", help="A job, or one of its schedules: JOB.KEY.")],
    *,
    since: Annotated[str, typer.Option(metavar="TIME", help="From when on: 36h, 7d or 2027-03-28T03:00.")] = "7d",
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
    with progress.of(f"reading the ticks of {job}"), aws_errors.explained():
        opened = OperatorAccount(place.region).ledger(place)
        begin = past.since(since, opened.now)
        known = known_jobs.find(opened.ledger, place, job)
        zones = known.zones
        found = _ticks(opened.ledger, known, begin)
    warn.of_silence(opened)
    if as_json:
        about = {"group": place.group, "region": place.region, "now": instants.text(opened.now)}
        told = {**about, "since": instants.text(begin), "ticks": [line.to_plain() for line in found]}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        shown = past_ticks.text(found, opened.now, columns.of_terminal()) or [_nothing(job, zones, begin)]
        sys.stdout.writelines(f"{line}\n" for line in shown)
    return 0


def _ticks(ledger: Ledger, known: KnownJob, since: datetime) -> list[Line]:
    foreign = partial(warn.of_foreign, "tick")
    ticks = [tick for name in known.zones for tick in ledger.ticks(name, instants.text(since), foreign)]
    return past_ticks.newest(ticks, known)


def _nothing(name: str, zones: Mapping[str, str], since: datetime) -> str:
    zone = words.zone_named(min(zones.values(), default="UTC")).key
    return f"No tick of {name} is known since {words.wall(since, zone)}."
