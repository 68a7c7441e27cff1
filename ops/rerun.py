"""Runs a tick again, with the values that its schedule has now. Shows what has run of the tick."""

from __future__ import annotations

import json
import secrets
import shlex
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops import asking, aws_time, confirm, decision, launch, sandboxed, started, tick_words
from ops import tick as ticks
from ops.decision import Course
from ops.errors import OpsError
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.stack import Chosen
from report import words
from watch import instants
from watch.names import job_of_schedule
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.asking import Wish
    from ops.stack import Place
    from ops.started import Started
    from watch.records import Tick


ABOUT = """
exit codes: 0 started; 1 not started: refused, declined, or the schedule cannot be run; 2 wrong arguments;
            130 interrupted

example: python -m ops rerun --stack production nightly-report --tick 2026-11-26T02:00:00Z
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="SCHEDULE", help="The schedule as alerts name it: JOB or JOB.KEY.")],
    *,
    tick: Annotated[str, typer.Option(metavar="TIME", help="The time of the tick, such as 2026-11-26T02:00:00Z.")],
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; refuse a tick that needs no run.")] = False,
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway",
            help="Do not ask; run even a tick that has had a good run, has a run that has not ended, is still to come, "
            "or is not one of the schedule's.",
        ),
    ] = False,
    insist: Annotated[
        bool,
        typer.Option(
            "--insist", help="Of a supervised job: run it although another tick holds the job's lock or still runs."
        ),
    ] = False,
    as_json: Json = False,
) -> int:
    """Run a tick again and return the exit code: 1 when the operator declines. OpsError when the tick cannot be run."""
    instant = ticks.read(tick)
    text = instants.text(instant)
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    account = OperatorAccount(place.region)
    schedule = account.schedule(place, name)
    nonce = secrets.token_hex(launch.NONCE // 2)
    supervised = asking.is_supervised(schedule)
    if insist and not supervised:
        raise OpsError(f"{name} is not a schedule of a supervised job, so it has no lock; leave --insist out")
    params = {} if supervised else launch.request(schedule, text, nonce, account.run_task_shape)
    recorded = _recorded(account, place, name, text)
    doubts = decision.doubts(schedule, instant, recorded, aws_time.of(schedule, datetime.now(UTC)))
    known = _known(place, schedule, instant, recorded)
    course = decision.course(doubts, yes=yes, anyway=anyway, terminal=confirm.terminal())
    if course is Course.REFUSE:
        raise OpsError(f"{'; '.join(doubts)}; add --anyway to run it all the same")
    question = "Run it all the same?" if doubts else "Run it again?"
    if course is Course.ASK and not confirm.confirmed([*known, *_shown(params), *doubts], question):
        sys.stderr.write("nothing was started\n")
        return 1
    if supervised:
        account.ask(wish := asking.wish(schedule, text, nonce, insists=insist))
        if as_json:
            _print_json(place, name, text, recorded, [], request=wish.id)
        else:
            _tell_of_wish(place, name, wish, [] if course is Course.ASK else known)
        return 0
    begun = [started.look(account, place, task, params) for task in account.run_task(params)]
    if as_json:
        _print_json(place, name, text, recorded, begun)
    else:
        started.tell([] if course is Course.ASK else known, begun)
    return 0


def _recorded(account: OperatorAccount, place: Place, schedule: str, text: str) -> Tick | None:
    """Return what the ledger has of a tick. A ledger that cannot be read is a warning, so that the tick can be run."""
    try:
        return account.recorded(place, schedule, text)
    except OpsError as error:
        sys.stderr.write(
            f"warning: the ledger cannot be read, so it is not known what has run: {visible(str(error))}\n"
        )
        return None


def _known(place: Place, schedule: Mapping[str, Any], instant: datetime, recorded: Tick | None) -> list[str]:
    """Return the lines that show a tick and what has run of it."""
    zone = words.zone(schedule)
    shown = f"{schedule['Name']} of {place}, tick {instants.text(instant)} ({tick_words.moment(instant, zone)})"
    return [shown, *(f"  {line}" for line in tick_words.lines(recorded, zone))]


def _tell_of_wish(place: Place, schedule: str, wish: Wish, known: Sequence[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in known)
    job = job_of_schedule(schedule)
    where = ["--group", place.group, "--region", place.region]
    sys.stdout.write(
        f"Asked the supervisor to run it (request {wish.id}). It keeps the job's lock, overlap and limits.\n"
    )
    sys.stdout.write(f"See it: {shlex.join([started.python(), '-m', 'ops', 'history', job, *where])}\n")


def _shown(params: Mapping[str, Any]) -> list[str]:
    """Return the lines that show what would run, without the environment's values; none if the supervisor runs it."""
    if not params:
        return ["  the supervisor runs it, with the job's lock, overlap and limits"]
    command = launch.command(params)
    shown = shlex.join(command) if command else "the container's own command"
    return [
        f"  command: {visible(shown)}",
        f"  cluster: {visible(started.last(params.get('cluster', 'default')))}",
        f"  task definition: {visible(started.last(params['taskDefinition']))}",
    ]


def _print_json(  # noqa: PLR0913 - what was started, and what was known
    place: Place,
    schedule: str,
    text: str,
    recorded: Tick | None,
    begun: Sequence[Started],
    *,
    request: str | None = None,
) -> None:
    found = {
        "schedule": schedule,
        "tick": text,
        "group": place.group,
        "region": place.region,
        "before": tick_words.plain(recorded),
        "tasks": [asdict(one) for one in begun],
        "request": request,
    }
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
