"""Shows the ticks to come of all schedules, in order, with the changes of the clocks."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ops import columns, sandboxed, spans, warn
from ops.errors import OpsError
from ops.looking import overview
from ops.looking.timeline import timeline
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.stack import Chosen
from report import words
from settings import accepted
from watch import instants
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ops.looking.listing import ToCome
    from ops.looking.timeline import Entry

_TITLES = ("WHEN", "UTC", "SCHEDULE", "OWNER", "NOTE")
_NARROW = (0, 2, 3)
"""The columns of a narrow terminal. The others are on a second line."""
_LONGEST_DAYS = 31
ABOUT = """
Times are in the schedule's zone, and in UTC. A schedule with more than 24 ticks is one line. A disabled schedule has no
tick.

exit codes: 0 shown, even if no tick comes; 1 the stack cannot be read, or has no such job; 2 wrong arguments;
            130 interrupted

example: python -m ops next --stack production --for 48h
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    job: Annotated[
        str | None, typer.Argument(metavar="JOB", help="Only this job, or one of its schedules: JOB.KEY.")
    ] = None,
    *,
    span: Annotated[str, typer.Option("--for", metavar="TIME", help="How far to look: 48h, 7d; at most 31d.")] = "24h",
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Show the ticks to come and return the exit code. OpsError when the stack cannot be read."""
    ahead = spans.read("--for", span, most_days=_LONGEST_DAYS)
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    account = OperatorAccount(place.region)
    opened = account.ledger(place)
    schedules = _chosen(job, list(overview.to_come(account, place, opened)))
    until = opened.now + ahead
    found = timeline(schedules, opened.now, until)
    warn.of_silence(opened)
    if as_json:
        about = {"group": place.group, "region": place.region, "now": instants.text(opened.now)}
        told = {**about, "until": instants.text(until), "coming": [entry.to_plain() for entry in found]}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in text(found, until, columns.of_terminal()))
    return 0


def text(found: Sequence[Entry], until: datetime, terminal: int | None) -> list[str]:
    """Return the lines for people, which a terminal of so many columns shows; None is a pipe."""
    rows = [_row(entry) for entry in found]
    lines = columns.table(_TITLES, rows, terminal, narrow=_NARROW, rest=_rest) if rows else []
    schedules = {entry.schedule for entry in found if entry.count}
    ticks = counted(sum(entry.count for entry in found), "tick")
    said = f"{ticks} of {counted(len(schedules), 'schedule')}" if schedules else "No tick"
    return [*lines, f"{said} until {words.wall(until, 'UTC')}."]


def _chosen(name: str | None, schedules: Sequence[ToCome]) -> list[ToCome]:
    """Return the schedules that an operator means: all for None."""
    found = [one for one in schedules if name in (None, one.name, one.job)]
    if name is not None and not found:
        known = {known for one in schedules for known in (one.name, one.job)}
        raise OpsError(f"no enabled schedule belongs to {name}{accepted(name, known)}")
    return found


def _row(entry: Entry) -> list[str]:
    utc = "" if entry.timezone == "UTC" else f"{entry.at:%a %H:%M}"
    return [words.wall(entry.at, entry.timezone), utc, entry.schedule, entry.owner, entry.note]


def _rest(row: Sequence[str]) -> str:
    """Return what a narrow terminal shows on a second line."""
    _, utc, _, _, note = row
    return "; ".join(part for part in (utc and f"{utc} UTC", note) if part)
