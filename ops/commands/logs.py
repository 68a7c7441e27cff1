"""Prints the log of a job's latest run, or of another run, and follows it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from aws_facts import log_place
from ops import sandboxed
from ops import tick as ticks
from ops.errors import OpsError
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.running import chosen_run, following, named_log
from ops.running.following import ContainerLog, Logs
from ops.stack import Chosen
from report import words
from watch import classes, run_kinds
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ops.running.chosen_run import ChosenRun
    from ops.running.following import Line
    from ops.stack import Place

ABOUT = """
The log is on standard output, and which run it is on standard error. Without --run and --tick it is the run that began
last. --follow ends some seconds after the run, when no more lines come.

exit codes: 0 shown, even if the log is empty; 1 the run or its log is not found; 2 wrong arguments; 130 interrupted

example: python -m ops logs --stack production nightly-report --follow
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB", help="A job, or one of its schedules: JOB.KEY.")],
    *,
    run: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="The run with this id: of its task, invocation or claim; or its ARN."),
    ] = None,
    tick: Annotated[
        str | None, typer.Option(metavar="TIME", help="The latest run of this tick, such as 2026-11-26T02:00:00Z.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the run ends.")] = False,
    all_containers: Annotated[
        bool, typer.Option("--all-containers", help="Show the logs of the sidecars too, with the container's name.")
    ] = False,
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Print the log and return the exit code. OpsError when the run or its log is not found."""
    when = None if tick is None else ticks.read(tick)
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    account = OperatorAccount(place.region)
    found = chosen_run.find(account, place, account.ledger(place), job, task=run, tick=when)
    logs = of_run(account, found, all_containers=all_containers)
    sys.stderr.writelines(f"{visible(line)}\n" for line in _about(found))
    batches = logs.follow(lambda: _is_over(account, place, found)) if follow else iter([logs.new_lines()])
    if as_json:
        lines = [{"at": _precise(line), "container": line.container, "text": line.text} for line in _flat(batches)]
        about = {"group": place.group, "region": place.region, "schedule": found.schedule, "tick": found.tick}
        sys.stdout.write(json.dumps({**about, "task": found.task, "lines": lines}, indent=2) + "\n")
    else:
        for line in _flat(batches):
            show(line, named=all_containers)
    return 0


def of_run(account: OperatorAccount, found: ChosenRun, *, all_containers: bool) -> Logs:
    """Return the logs of a run's own container, or of all its containers; OpsError when none can be found."""
    if run_kinds.kind(found.task) != run_kinds.TASK:
        return named_log.of(account, found.task, found.log_group, found.created)
    if not found.definition:
        raise OpsError(f"the log of task {found.id} cannot be found: the ledger does not have its task definition")
    definition = account.task_definition(found.definition)
    own = found.container or _only(definition)
    names = [one["name"] for one in definition["containerDefinitions"]] if all_containers else [own]
    places = {name: log_place.find(definition, name, found.task) for name in names}
    logs = [ContainerLog(name, place) for name, place in places.items() if place is not None]
    if not logs:
        raise OpsError(f"the log of task {found.id} cannot be found: {log_place.doubt(definition, names[0])}")
    return Logs(logs, account.log_events)


def _is_over(account: OperatorAccount, place: Place, found: ChosenRun) -> bool:
    """Return whether a run has ended. Of one that is no task only the ledger says it."""
    if run_kinds.kind(found.task) == run_kinds.TASK:
        return is_over(account, found.cluster, found.task)
    tick = account.recorded(place, found.schedule, found.tick)
    run = tick.runs.get(found.id) if tick else None
    return run is None or run.outcome != classes.RUNNING


def is_over(account: OperatorAccount, cluster: str, task: str) -> bool:
    """Return whether a task has stopped, or ECS no longer knows it."""
    return all(one["lastStatus"] == "STOPPED" for one in account.tasks(cluster, [task]))


def show(line: Line, *, named: bool) -> None:
    """Print a line of a log, after its container's name if the log of more than one is shown."""
    sys.stdout.write(f"{f'{line.container}: ' if named else ''}{visible(line.text, keep=following.TAB)}\n")
    sys.stdout.flush()


def _only(definition: Mapping[str, Any]) -> str:
    names = [one["name"] for one in definition["containerDefinitions"]]
    return names[0] if len(names) == 1 else ""


def _flat(batches: Iterator[list[Line]]) -> Iterator[Line]:
    return (line for batch in batches for line in batch)


def _about(found: ChosenRun) -> Iterator[str]:
    """Yield which run it is, and what else is in its log."""
    tick, kind = f", tick {found.tick}" if found.tick else "", run_kinds.kind(found.task)
    yield f"{found.schedule or 'a run'}{tick}, {kind} {found.id}: {words.meaning(found.outcome)}"
    if kind in (run_kinds.WORKER_RUN, run_kinds.PROCESS_RUN):
        yield named_log.SHARED


def _precise(line: Line) -> str:
    return line.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
