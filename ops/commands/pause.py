"""Pauses schedules for a while, whatever config wants. `resume` ends it earlier."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from ops import sandboxed
from ops.looking import hold_words
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.pausing import hold_options
from ops.pausing.hold_options import Job, Length, Owner, Reason
from ops.pausing.holding import HeldGroup
from ops.stack import Chosen
from watch.wording import counted

NOT_ALL = 3
"""The exit code when some schedules could not be changed."""
ABOUT = """
The pause is a hold. It ends after two hours, unless you say otherwise. `pulumi up` honours it, and its ticks are
recorded as held. The watch begins a planned hold up to five minutes early, applies again what somebody undoes, and
enables the schedules when the hold is over.

The same command again, with the same reason and jobs, changes the end of your hold, and goes on where it was killed.

exit codes: 0 paused, or planned; 1 refused, or the stack cannot be read; 2 wrong arguments; 3 some schedules were not
            changed: they are listed; 130 interrupted

example: python -m ops pause --stack production --owner data --reason "warehouse is being moved" --for 4h
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    *,
    reason: Reason,
    length: Length = "2h",
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="When it begins, if not now: 2027-03-28T03:00+02:00.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="When it ends, instead of --for.")] = None,
    job: Job = None,
    owner: Owner = None,
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Pause the schedules and return the exit code. OpsError when the stack cannot be read or the hold not be made."""
    asked = hold_options.wanted(reason, job, owner, length=length, begin=begin, until=until)
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    held = HeldGroup(OperatorAccount(place.region), place)
    hold_options.check(asked, held.jobs)
    hold = held.make(asked, again=True)
    try:
        outcome = held.bring_about()
    except KeyboardInterrupt:
        sys.stderr.write(
            f"\n{hold_words.line(hold)}\nThe watch pauses the rest. End it with: python -m ops resume {hold.id}\n"
        )
        raise
    planned = not hold.is_in_force(outcome.standing.now)
    if as_json:
        told: dict[str, Any] = {"group": place.group, "region": place.region, "hold": hold_words.plain(hold)}
        told |= {"planned": planned, "changed": sorted(outcome.changed), "failed": hold_words.undone(outcome)}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        changed = "It begins later." if planned else f"{counted(len(outcome.changed), 'schedule')} changed."
        sys.stdout.write(f"{hold_words.line(hold)}\n{changed}\n")
        runs = [] if planned else held.running(hold)
        sys.stdout.writelines([f"{hold_words.going_on(runs)}\n"] if runs else [])
    sys.stderr.writelines(f"{line}\n" for line in hold_words.errors(outcome, "the same command"))
    return NOT_ALL if hold_words.undone(outcome) else 0
