"""Pauses schedules, runs a command, and resumes them when it ends, however it ends."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from ops import sandboxed
from ops.errors import OpsError, WrongArgumentError
from ops.looking import hold_words
from ops.operator_account import OperatorAccount
from ops.options import Group, Region, Stack
from ops.pausing import hold_options
from ops.pausing.guarded import AskedToEnd, Guard
from ops.pausing.hold_options import Job, Length, Owner, Reason
from ops.pausing.holding import HeldGroup
from ops.stack import Chosen
from watch.untrusted import visible
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holds.hold import Hold
    from ops.pausing.holding import Wanted

NOT_STARTED, NOT_RESUMED, INTERRUPTED = 120, 121, 125
ABOUT = """
The command starts when all schedules are disabled. It keeps this terminal, and signals such as Ctrl-C are for the
command. Runs that go on are not stopped. If this process is killed, the watch enables the schedules at the hold's end.
The hold ends then even if the command still runs, so choose --for longer than the command may take.

exit codes: 0 the command ended well, and others of its own; 2 wrong arguments; 120 the command was not started, because
            some schedules were not changed, the stack cannot be read, or there is no such command; 121 the command
            ended well, but some schedules were not changed back, which the watch does; 125 interrupted before the start

example: python -m ops hold --stack production --reason "migration 0042" --for 30m -- ./migrate.sh
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="COMMAND", help="The command and its arguments, after `--`.")],
    *,
    reason: Reason,
    length: Length = "2h",
    job: Job = None,
    owner: Owner = None,
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
) -> int:
    """Run the command between a pause and a resumption, and return the exit code."""
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    try:
        asked = hold_options.wanted(reason, job, owner, length=length)
        place = chosen.place()
        held = HeldGroup(OperatorAccount(place.region), place)
        hold_options.check(asked, held.jobs)
    except WrongArgumentError:
        raise
    except OpsError as error:
        return _refused(str(error))
    return _hold(held, asked, words)


def _hold(held: HeldGroup, asked: Wanted, words: Sequence[str]) -> int:
    hold, code = None, NOT_STARTED
    with Guard() as guard:
        try:
            hold = held.make(asked, again=False)
            _say(hold_words.line(hold))
            if _is_in_force(held, hold):
                code = guard.run(words)
        except AskedToEnd as signal:
            _say(f"{signal}: the command was not started")
            code = INTERRUPTED
        except OpsError as error:
            code = _refused(str(error))
        finally:
            guard.finish()
            resumed = hold is None or _resume(held, hold)
    return code if resumed or code else NOT_RESUMED


def _is_in_force(held: HeldGroup, hold: Hold) -> bool:
    """Pause the schedules, and return whether all of them are disabled."""
    outcome = held.bring_about()
    for line in hold_words.errors(outcome, "the same command"):
        _say(line)
    runs = held.running(hold)
    if runs:
        _say(hold_words.going_on(runs))
    if hold_words.undone(outcome):
        _say("The command was not started.")
        return False
    _say(f"{counted(len(outcome.changed), 'schedule')} paused.")
    return True


def _resume(held: HeldGroup, hold: Hold) -> bool:
    """End the hold, and return whether the schedules are as config wants them."""
    try:
        held.end(hold)
        outcome = held.bring_about()
    except OpsError as error:
        _say(f"error: the hold {hold.id} was not ended: {error}. The watch ends it at its end")
        return False
    for line in hold_words.errors(outcome, f"python -m ops resume {hold.id}"):
        _say(line)
    _say(f"{counted(len(outcome.changed), 'schedule')} resumed.")
    return not outcome.left


def _refused(why: str) -> int:
    _say(f"error: {why}")
    return NOT_STARTED


def _say(text: str) -> None:
    with suppress(OSError):  # of a terminal that was closed
        sys.stderr.write(f"{visible(text)}\n")
