"""Ends holds, so that schedules are as config wants them again."""

from __future__ import annotations

import json
import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops import sandboxed
from ops.commands.pause import NOT_ALL
from ops.errors import OpsError
from ops.looking import hold_words
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.pausing.catching_up import CatchingUp
from ops.pausing.holding import HeldGroup
from ops.stack import Chosen
from settings import accepted
from watch.untrusted import visible
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holds.hold import Hold
    from holds.standing import Standing


class CatchUp(Enum):
    """Which of the ticks that a hold has kept from running is run when the hold ends."""

    LAST = "last"
    NONE = "none"


ABOUT = """
Without a name, the only hold ends. A schedule on which another hold is in force stays paused.

Ticks that a hold has kept from running are not made up for, unless you say --catch-up last: then the latest of them is
run, once for each schedule that is enabled again. `rerun` runs any other.

exit codes: 0 resumed, or there is no hold; 1 refused, or the stack cannot be read; 2 wrong arguments; 3 some schedules
            were not changed, or some ticks not started: they are listed; 130 interrupted

example: python -m ops resume --stack production 3fa9c1 --catch-up last
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    name: Annotated[list[str] | None, typer.Argument(metavar="HOLD", help="The holds that end, by their ids.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All holds end, also those that are planned.")] = False,
    catch_up: Annotated[
        CatchUp, typer.Option("--catch-up", help="Which of a schedule's held ticks is run.")
    ] = CatchUp.NONE,
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """End the holds and return the exit code. OpsError when the stack cannot be read, or has no such hold."""
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    account = OperatorAccount(place.region)
    held = HeldGroup(account, place)
    ending = _chosen(held.standing(), name or [], every=every)
    for hold in ending:
        held.end(hold)
    outcome = held.bring_about()
    caught = [*CatchingUp(account, place, held, ending).last()] if catch_up is CatchUp.LAST else []
    if as_json:
        told: dict[str, Any] = {"group": place.group, "region": place.region}
        told |= {"ended": [hold_words.plain(hold) for hold in ending], "changed": sorted(outcome.changed)}
        told |= {"failed": hold_words.undone(outcome), "caughtUp": [one.to_plain() for one in caught]}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        lines = [f"Ended: {hold_words.line(hold)}" for hold in ending] or ["There is no hold."]
        lines += [f"{counted(len(outcome.changed), 'schedule')} changed."]
        lines += [visible(str(one)) for one in caught if not one.error]
        lines += [f"Still in force: {hold_words.line(hold)}" for hold in outcome.standing.in_force]
        sys.stdout.writelines(f"{line}\n" for line in lines)
    again = "python -m ops resume " + " ".join(hold.id for hold in ending)
    sys.stderr.writelines(f"{line}\n" for line in hold_words.errors(outcome, again))
    sys.stderr.writelines(f"error: {visible(str(one))}\n" for one in caught if one.error)
    return NOT_ALL if outcome.left or any(one.error for one in caught) else 0


def _chosen(standing: Standing, names: Sequence[str], *, every: bool) -> list[Hold]:
    """Return the holds that an operator means. One that is over can be named too: its schedules may still be paused."""
    holds = {hold.id: hold for hold in standing.holds}
    for name in names:
        if name not in holds:
            raise OpsError(f"there is no hold '{name}'{accepted(name, holds)}")
    last = [hold for hold in holds.values() if not hold.is_over(standing.now)]
    if names:
        return [holds[name] for name in dict.fromkeys(names)]
    if every or len(last) <= 1:
        return last
    shown = "; ".join(hold_words.line(hold) for hold in last)
    raise OpsError(f"there are several holds, so name one, or add --all: {shown}")
