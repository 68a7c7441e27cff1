"""Runs a tick again, with the values that its schedule has now. Shows what has run of the tick."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aws_facts import log_place
from ops import aws_time, confirm, decision, launch, sandboxed, tick_words
from ops import tick as ticks
from ops.decision import Course
from ops.errors import OpsError
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.stack import Chosen
from report import words
from settings import in_sandbox
from watch import instants
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.stack import Place
    from watch.records import Tick


@dataclass(frozen=True, kw_only=True)
class Started:
    """A task that was started, and the ways to observe it."""

    task: str
    cluster: str
    """`task` and `cluster` are ARNs."""
    log: log_place.LogPlace | None
    """The place of the task's log; None when it is unknown."""
    watch: str
    """The command that shows the task's log or state."""


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
    params = launch.request(schedule, text, nonce, account.run_task_shape)
    recorded = _recorded(account, place, name, text)
    doubts = decision.doubts(schedule, instant, recorded, aws_time.of(schedule, datetime.now(UTC)))
    known = _known(place, schedule, instant, recorded)
    course = decision.course(doubts, yes=yes, anyway=anyway, terminal=confirm.terminal())
    if course is Course.REFUSE:
        raise OpsError(f"{'; '.join(doubts)}; add --anyway to run it all the same")
    question = "Run it all the same?" if doubts else "Run it again?"
    if course is Course.ASK and not confirm.confirmed([*known, *_launch(params), *doubts], question):
        sys.stderr.write("nothing was started\n")
        return 1
    started = [_look(account, place, task, params) for task in account.run_task(params)]
    if as_json:
        _print_json(place, name, text, recorded, started)
    else:
        _tell([] if course is Course.ASK else known, started)
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


def _launch(params: Mapping[str, Any]) -> list[str]:
    """Return the lines that show what would run, without the environment's values."""
    command = launch.command(params)
    shown = shlex.join(command) if command else "the container's own command"
    return [
        f"  command: {visible(shown)}",
        f"  cluster: {visible(_last(params.get('cluster', 'default')))}",
        f"  task definition: {visible(_last(params['taskDefinition']))}",
    ]


def _look(account: OperatorAccount, place: Place, task: Mapping[str, Any], params: Mapping[str, Any]) -> Started:
    """Return a started task with its log; a log that cannot be found is no error, since the task already runs."""
    arn = task["taskArn"]
    try:
        definition = account.task_definition(task["taskDefinitionArn"])
    except OpsError:
        log = None
    else:
        log = log_place.find(definition, launch.container(params) or _only_container(definition), arn)
    return Started(task=arn, cluster=task["clusterArn"], log=log, watch=_watch(place, task, log))


def _only_container(definition: Mapping[str, Any]) -> str:
    names = [one["name"] for one in definition["containerDefinitions"]]
    return names[0] if len(names) == 1 else ""


def _watch(place: Place, task: Mapping[str, Any], log: log_place.LogPlace | None) -> str:
    task_id = _last(task["taskArn"])
    if os.environ.get(in_sandbox.VARIABLE):
        return shlex.join([python(), "-m", "sandbox", "logs", task_id])
    if log is None:
        cluster = _last(task["clusterArn"])
        words = ["ecs", "describe-tasks", "--cluster", cluster, "--tasks", task_id, "--region", place.region]
    else:
        words = ["logs", "tail", log.group, "--log-stream-names", log.stream, "--follow", "--region", log.region]
    return visible(shlex.join(["aws", *words]))


def python() -> str:
    """Return the path of this Python, as typed in the working directory."""
    return os.path.relpath(sys.executable) if Path(sys.executable).is_relative_to(Path.cwd()) else "python"


def _tell(known: Sequence[str], started: Sequence[Started]) -> None:
    """Print what was started, after what was known before unless the question has shown it."""
    sys.stdout.writelines(f"{line}\n" for line in known)
    for one in started:
        sys.stdout.write(f"Started task {_last(one.task)} on cluster {_last(one.cluster)}.\n")
        if one.log:
            sys.stdout.write(f"Log: {visible(one.log.group)}, stream {visible(one.log.stream)}\n")
        sys.stdout.write(f"Watch it: {one.watch}\n")


def _print_json(place: Place, schedule: str, text: str, recorded: Tick | None, started: Sequence[Started]) -> None:
    found = {
        "schedule": schedule,
        "tick": text,
        "group": place.group,
        "region": place.region,
        "before": tick_words.plain(recorded),
        "tasks": [asdict(one) for one in started],
    }
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


def _last(name: str) -> str:
    return name.rpartition("/")[2]
