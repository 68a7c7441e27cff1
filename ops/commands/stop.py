"""Stops the runs of a job that go on, or one run. The ledger has who stopped it and why, and no alert is sent."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops import confirm, known_jobs, progress, sandboxed, tick_words
from ops.errors import OpsError, WrongArgumentError
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.running import again, going_on, stopping
from ops.stack import Chosen
from report import words
from supervision import waiting
from watch import instants, invocations, run_kinds
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ops.operator_account import OpenLedger
    from ops.running.going_on import Running
    from ops.running.stopping import Stopping
    from ops.stack import Place
    from supervision.flights import Flight

ABOUT = """
ECS sends SIGTERM, and SIGKILL after the container's stopTimeout: 30 seconds, unless the task definition says otherwise.
The command does not wait for that. A tick of a supervised job that waits, also for its next attempt, is withdrawn. On a
terminal the command asks first. Nobody can stop the invocation of a function, or a request that was sent: its tick gets
no further attempt. The supervisor stops a run that a worker takes; one of an in-process job only its service can.

exit codes: 0 stopped, or nothing to stop; 1 not stopped: declined, refused or not found; 2 wrong arguments;
            130 interrupted

example: python -m ops stop --stack production nightly-report --reason "locks the orders table"
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="JOB|RUN", help="A job, one of its schedules (JOB.KEY), or a run's id or ARN.")
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
    with progress.of(f"looking for runs of {name}"):
        opened = account.ledger(place)
        found, waits, left = _find(account, place, opened, name)
    shown = [*_lines(found), *map(_waits_line, waits)]
    if shown and confirm.terminal() and not yes and not confirm.confirmed(shown, _question(len(shown))):
        sys.stderr.write("nothing was stopped\n")
        return 1
    stops = stopping.of(account, opened.ledger, why) if shown else None
    with progress.of(f"stopping {name}"):
        failed = {**_stop(stops, place, found), **_withdraw(stops, place, waits)} if stops else {}
    if as_json:
        stopped = [one.to_plain() for one in found if one.task not in failed]
        withdrawn = [{"schedule": one.schedule, "tick": one.tick} for one in waits if one.name not in failed]
        told: dict[str, Any] = {"group": place.group, "region": place.region, "reason": stops and stops.reason}
        told |= {"stopped": stopped, "withdrawn": withdrawn, "failed": failed}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        told_of = [f"Stopping {line}" for one in found if one.task not in failed for line in _lines([one])]
        told_of += [f"Withdrawing {_waits_line(one)}" for one in waits if one.name not in failed]
        told_of += [visible(f"Nobody can stop the {_left(one)}.") for one in left]
        sys.stdout.writelines(f"{line}\n" for line in told_of or ([] if failed else [f"No run of {name} goes on."]))
    for task, error in failed.items():
        sys.stderr.write(f"error: {visible(f'{task} was not stopped: {error}')}\n")
    return 1 if failed else 0


def _checked(reason: str) -> str:
    text = reason.strip()
    if not text or visible(text) != text:
        raise WrongArgumentError(f"--reason '{reason}': must be one line of text")
    return text


def _stop(stops: Stopping, place: Place, found: Sequence[Running]) -> dict[str, str]:
    """Stop each run, and return those that could not be stopped, with the reason."""
    failed = {}
    for one in found:
        try:
            if one.flight is None:
                stops.stop(one.cluster, one.task, one.schedule, one.tick)
            else:
                _take_back(stops, place, one.flight)
        except OpsError as error:
            failed[one.task] = str(error)
    return failed


def _find(
    account: OperatorAccount, place: Place, opened: OpenLedger, name: str
) -> tuple[list[Running], list[Flight], list[Running]]:
    """Return the runs to stop, the ticks of a supervised job that have none now, but may get one, and others.

    The others go on: nobody can stop them, and no attempt follows them anyway. OpsError for a job of which nobody can
    stop anything.
    """
    if going_on.is_run(name):
        return going_on.of_run(account, place, opened, name), [], []
    known = known_jobs.find(opened.ledger, place, name)
    flights = [one for one in known.record.traffic.flights if one.schedule in known.zones]
    waits = [one for one in flights if _may_begin_a_run(one)]
    running = going_on.of_known(account, place, known, name)
    told = {one.launch.task for one in waits if one.launch is not None}
    found = [one for one in running if one.can_be_stopped]
    left = [one for one in running if not one.can_be_stopped and one.task not in told]
    if known.facts and known.facts.in_process and not found and not waits:
        raise OpsError(going_on.unstoppable(known.job))
    return found, waits, left


def _may_begin_a_run(flight: Flight) -> bool:
    """Return whether a flight may get a run that can be withdrawn: it has none now, or one that nobody can stop."""
    run = flight.launch.task if flight.launch is not None else ""
    stoppable = bool(run) and not invocations.read(run)
    return not stoppable and not flight.last and not flight.limits.in_process


def _withdraw(stops: Stopping, place: Place, waits: Sequence[Flight]) -> dict[str, str]:
    """Let the supervisor begin no further attempt of these ticks; return those that it could not be told of."""
    failed = {}
    for one in waits:
        try:
            _take_back(stops, place, one)
        except OpsError as error:
            failed[one.name] = str(error)
    return failed


def _take_back(stops: Stopping, place: Place, one: Flight) -> None:
    """Let the supervisor stop a tick's run, if it can, and begin no further one; OpsError if it cannot be told."""
    schedule = stops.account.schedule(place, one.schedule)
    asked = again.message(schedule, one.tick, one.rerun, insists=one.insists)
    again.supervised(stops.account, place, schedule, asked).withdraw(f"stopped by {stops.by}: {stops.why}")


def _waits_line(one: Flight) -> str:
    """Return a line for a tick, such as `tick … of nightly-report, which waits: attempt 2 of 3`."""
    by = ", by hand" if one.rerun else ""
    invocation = invocations.read(one.launch.task) if one.launch is not None else None
    if invocation is not None:
        goes_on = f"its invocation {invocation.id} of {invocation.function} goes on, and no attempt follows"
        return visible(f"tick {one.tick} of {one.schedule}{by}: {goes_on}")
    [wait] = waiting.waits([one])
    return visible(f"tick {one.tick} of {one.schedule}{by}, which waits: {wait.why}")


def _left(one: Running) -> str:
    """Return what names a run that goes on, such as `invocation 0a of nightly-report, tick …, since …`."""
    since = tick_words.moment(instants.read(one.since), words.zone_named("UTC")) if one.since else "an unknown time"
    return f"{one.kind} {one.id} of {one.schedule}, tick {one.tick}, which goes on since {since}"


def _lines(found: Sequence[Running]) -> list[str]:
    """Return a line for each run, such as `task 0a on staging: nightly-report, tick …, RUNNING since …`."""
    zone = words.zone_named("UTC")
    return [
        visible(
            f"{one.kind} {one.id} {_where(one)}: {one.schedule or one.job}"
            + (f", tick {one.tick}" if one.tick else "")
            + f", {one.status}"
            + (f" since {tick_words.moment(instants.read(one.since), zone)}" if one.since else "")
            + (", by hand" if one.by_hand else "")
        )
        for one in found
    ]


def _where(one: Running) -> str:
    """Return the cluster of a task, or the queue of which a worker takes a run."""
    return (
        f"on {one.cluster.rpartition('/')[2]}" if one.cluster else f"of {run_kinds.place(one.task).rpartition(':')[2]}"
    )


def _question(count: int) -> str:
    return "Stop it?" if count == 1 else f"Stop these {count} runs?"
