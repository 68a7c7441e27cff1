"""Lists the schedules of a stack: owner, state, last outcome, next tick, and what runs now."""

from __future__ import annotations

import json
import sys
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from holds.hold import NO_END
from ops import aws_errors, columns, progress, sandboxed, warn
from ops.errors import OpsError
from ops.looking import listing, overview
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack, completed, one_of
from ops.stack import Chosen
from report import words
from settings import accepted
from watch import instants
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ops.looking.listing import Row

_TITLES = ("SCHEDULE", "OWNER", "STATE", "LAST", "FAILS", "NEXT", "RUNS NOW", "WHEN")
_NARROW = (0, 2, 3, 4, 5)
"""The columns of a narrow terminal. The others are on a second line."""
ABOUT = f"""
states:
{chr(10).join(f"  {name:<13}{meaning}" for name, meaning in listing.STATES.items())}

FAILS counts the latest ticks in a row that were alerted. RUNS NOW has also the tick of a supervised job that waits for
its launch or its next attempt, with what it waits for.

exit codes: 0 listed, even if no schedule matches; 1 the stack cannot be read; 2 wrong arguments; 130 interrupted

example: python -m ops list --stack production --owner data --outcome failed --outcome missed
"""

_MANY = "; may be given several times"


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    *,
    owner: Annotated[
        list[str] | None, typer.Option(metavar="OWNER", help=f"Only schedules of this owner{_MANY}.")
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STATE",
            help=f"Only schedules in this state{_MANY}.",
            callback=one_of(listing.STATES),
            autocompletion=completed(listing.STATES),
        ),
    ] = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OUTCOME",
            help=f"Only schedules whose latest tick had this outcome{_MANY}: {', '.join(listing.OUTCOMES)}.",
            callback=one_of(listing.OUTCOMES),
            autocompletion=completed(listing.OUTCOMES),
        ),
    ] = None,
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """List the schedules and return the exit code. OpsError when the stack cannot be read."""
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    account = OperatorAccount(place.region)
    with progress.of(f"reading the schedules of {place.group}"), aws_errors.explained():
        opened = account.ledger(place)
        found, described = overview.read(account, place, opened)
        ticks = opened.ledger.some_ticks(found.latest(), partial(warn.of_foreign, "latest tick"))
    rows = found.rows(described, ticks)
    _check_owners(rows, owner or [])
    shown = listing.chosen(rows, owners=owner or [], states=state or [], outcomes=outcome or [])
    warn.of_silence(opened)
    if as_json:
        told = {
            "group": place.group,
            "region": place.region,
            "now": instants.text(opened.now),
            "schedules": [row.to_plain() for row in shown],
        }
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in text(rows, shown, opened.now, columns.of_terminal()))
    return 0


def text(rows: Sequence[Row], shown: Sequence[Row], now: datetime, terminal: int | None) -> list[str]:
    """Return the lines for people. `shown` are the chosen ones of `rows`; `terminal` is its columns, None for a pipe.

    Where a terminal is too narrow, owner, timetable and runs of each schedule are on a second line.
    """
    if not rows:
        return ["This stack has no job and no schedule."]
    if not shown:
        return [f"No schedule matches; the stack has {counted(len(rows), 'schedule')}."]
    cells = [_cells(row, now) for row in shown]
    lines = columns.table(_TITLES, cells, terminal, narrow=_NARROW, rest=_rest)
    return [*lines, _summary(shown)]


def _check_owners(rows: Sequence[Row], owners: Sequence[str]) -> None:
    known = {row.owner for row in rows if row.owner}
    for owner in owners:
        if owner not in known:
            raise OpsError(f"--owner '{owner}': no job has this owner{accepted(owner, known)}")


def _cells(row: Row, now: datetime) -> list[str]:
    """Return the text of a row, in the order of `_TITLES`."""
    state = row.state if row.state != listing.STRAY or row.enabled else f"{row.state}, {listing.OFF}"
    if row.hold is not None and row.state == listing.HELD:
        until = words.short_tick(row.hold.until, row.timezone, now) if row.hold.until else NO_END
        state = f"{listing.HELD} by {row.hold.by} until {until}"
    last = "" if row.outcome == listing.NONE else words.meaning(row.outcome)
    if row.tick:
        last += f" {words.short_tick(instants.read(row.tick), row.timezone, now)}"
    coming = words.short_tick(row.next, row.timezone, now, " %Z") if row.next else ""
    when = row.words.replace(f", {row.timezone}", "", 1) if coming else row.words  # NEXT names the zone
    if not row.as_deployed:
        when += " (not as deployed)"
    running = "; ".join(_going_on(row, now))
    return [row.name, row.owner, state, last, str(row.failures or ""), coming, running, when]


def _going_on(row: Row, now: datetime) -> Iterator[str]:
    """Yield since when the runs go on, and what the first tick waits for that has none now."""
    shown = partial(words.short_tick, zone=row.timezone, now=now)
    if row.runs:
        since = f"since {shown(instants.read(row.runs[0].since))}"
        yield since if len(row.runs) == 1 else f"{len(row.runs)}, {since}"
    for wait in row.waits[:1]:
        yield f"tick {shown(instants.read(wait.tick))}: {words.waiting(wait, shown)}"
    if row.waits[1:]:
        yield f"{counted(len(row.waits) - 1, 'later tick')} in flight"


def _rest(cells: Sequence[str]) -> str:
    """Return what a narrow terminal shows on a schedule's second line."""
    _, owner, *_, running, when = cells
    return "; ".join(part for part in (when, owner and f"owner {owner}", running and f"runs now: {running}") if part)


def _summary(rows: Sequence[Row]) -> str:
    outcomes = Counter(row.outcome for row in rows if row.outcome != listing.NONE)
    jobs = counted(len({row.job for row in rows}), "job")
    schedules = counted(sum(row.state != listing.UNSCHEDULED for row in rows), "schedule")
    return f"{jobs}, {schedules}; latest ticks: {words.parts(outcomes) or 'none'}"
