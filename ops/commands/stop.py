"""Stops the runs of a job that go on, or one run. The ledger has who stopped it and why, and no alert is sent."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops import confirm, progress, sandboxed, tick_words
from ops.errors import OpsError
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.running import going_on, stopping
from ops.stack import Chosen
from report import words
from watch import instants
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ops.running.going_on import Running
    from ops.running.stopping import Stopping

ABOUT = """
ECS sends SIGTERM, and SIGKILL after the container's stopTimeout: 30 seconds, unless the task definition says otherwise.
The command does not wait for that. On a terminal it asks first.

exit codes: 0 stopped, or nothing to stop; 1 not stopped: declined, refused or not found; 2 wrong arguments;
            130 interrupted

example: python -m ops stop --stack production nightly-report --reason "locks the orders table"
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="JOB|RUN", help="A job, one of its schedules (JOB.KEY), or a task's id or ARN.")
    ],
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it goes into the ledger.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Stop the runs and return the exit code: 1 when the operator declines. OpsError when they cannot be stopped."""
    why = _checked(reason)
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    account = OperatorAccount(place.region)
    find = going_on.of_task if going_on.is_task(name) else going_on.of_job
    with progress.of(f"looking for runs of {name}"):
        opened = account.ledger(place)
        found = find(account, place, opened, name)
    if found and confirm.terminal() and not yes and not confirm.confirmed(_lines(found), _question(found)):
        sys.stderr.write("nothing was stopped\n")
        return 1
    stops = stopping.of(account, opened.ledger, why) if found else None
    with progress.of(f"stopping {name}"):
        failed = _stop(stops, found) if stops else {}
    if as_json:
        stopped = [one.to_plain() for one in found if one.task not in failed]
        told: dict[str, Any] = {"group": place.group, "region": place.region, "reason": stops and stops.reason}
        sys.stdout.write(json.dumps({**told, "stopped": stopped, "failed": failed}, indent=2) + "\n")
    else:
        told_of = [f"Stopping {line}" for one in found if one.task not in failed for line in _lines([one])]
        sys.stdout.writelines(f"{line}\n" for line in told_of or ([] if failed else [f"No run of {name} goes on."]))
    for task, error in failed.items():
        sys.stderr.write(f"error: {visible(f'{task} was not stopped: {error}')}\n")
    return 1 if failed else 0


def _checked(reason: str) -> str:
    text = reason.strip()
    if not text or visible(text) != text:
        raise OpsError(f"--reason '{reason}': must be one line of text")
    return text


def _stop(stops: Stopping, found: Sequence[Running]) -> dict[str, str]:
    """Stop each run, and return those that ECS refused to stop, with its words."""
    failed = {}
    for one in found:
        try:
            stops.stop(one.cluster, one.task, one.schedule, one.tick)
        except OpsError as error:
            failed[one.task] = str(error)
    return failed


def _lines(found: Sequence[Running]) -> list[str]:
    """Return a line for each run, such as `task 0a on staging: nightly-report, tick …, RUNNING since …`."""
    zone = words.zone_named("UTC")
    return [
        visible(
            f"task {one.id} on {one.cluster.rpartition('/')[2]}: {one.schedule or one.job}"
            + (f", tick {one.tick}" if one.tick else "")
            + f", {one.status}"
            + (f" since {tick_words.moment(instants.read(one.since), zone)}" if one.since else "")
            + (", by hand" if one.by_hand else "")
        )
        for one in found
    ]


def _question(found: Sequence[Running]) -> str:
    return "Stop it?" if len(found) == 1 else f"Stop these {len(found)} runs?"
