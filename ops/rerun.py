"""`rerun`: runs a tick again, with all that its schedule would launch it with now."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws import log_place
from ops import launch, stack, tick
from ops.errors import OpsError
from ops.operator_account import OperatorAccount
from watch import instants
from watch.outside import visible

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from ops.stack import Place

_CHECKOUT = Path(__file__).resolve().parent.parent
_ENDPOINT = "AWS_ENDPOINT_URL"
"""Names another AWS than Amazon's to boto3 (AWS SDKs and Tools Reference Guide, service-specific endpoints)."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """A task that was started, and how to look at it."""

    task: str
    cluster: str
    """Their ARNs."""
    log: log_place.LogPlace | None
    """None where it cannot be told."""
    watch: str
    """The command that shows what becomes of it."""


def add_to(commands: Any) -> None:  # noqa: ANN401 - argparse's type is private
    """Add the command."""
    parser = commands.add_parser("rerun", help="run a tick of a schedule again", description=__doc__)
    parser.add_argument("schedule", metavar="SCHEDULE", help="as an alert names it: JOB, or JOB.KEY")
    parser.add_argument("--tick", required=True, help="such as 2026-11-26T02:00:00Z")
    parser.add_argument("--stack", help="a stack that has a Pulumi.<stack>.yaml")
    parser.add_argument("--group", help="the schedule group, if it is not <project>-<stack>")
    parser.add_argument("--region", help="if it is not that of the stack")
    parser.add_argument("--yes", action="store_true", help="do not ask on a terminal")
    parser.add_argument("--anyway", action="store_true", help="run also what is no tick of the schedule")
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    parser.set_defaults(run=run, folder=_CHECKOUT)


def run(given: argparse.Namespace) -> int:
    """Run a tick again; 1 when the operator thinks better of it. OpsError when it cannot be run."""
    instant = tick.read(given.tick)
    text = instants.text(instant)
    _check_sandbox(given)
    place = stack.find(given.folder, given.stack, region=given.region, group=given.group)
    account = OperatorAccount(place.region)
    schedule = account.schedule(place, given.schedule)
    nonce = secrets.token_hex(launch.NONCE // 2)
    params = launch.request(schedule, text, nonce, account.run_task_shape)
    if (doubt := tick.doubt(schedule, instant)) and not given.anyway:
        raise OpsError(f"{doubt}; to run it all the same, add --anyway")
    if not given.yes and sys.stdin.isatty() and not _confirmed(place, given.schedule, text, params):
        sys.stderr.write("nothing was started\n")
        return 1
    started = [_look(account, place, task, params, given.stack) for task in account.run_task(params)]
    if given.json:
        _print_json(place, given.schedule, text, started)
    else:
        _tell(started)
    return 0


def _check_sandbox(given: argparse.Namespace) -> None:
    """Refuse to look for the sandbox's stack in a real account."""
    if given.stack == stack.SANDBOX and _ENDPOINT not in os.environ and not (given.group and given.region):
        words = ["-m", "sandbox", "ops", "rerun", "--stack", stack.SANDBOX, given.schedule, "--tick", given.tick]
        command = shlex.join([python(), *words])
        raise OpsError(f"stack '{stack.SANDBOX}' is in the AWS that is embedded in this machine: {command}")


def _confirmed(place: Place, schedule: str, text: str, params: Mapping[str, Any]) -> bool:
    """Show on a terminal what would run, and ask; values of the environment are nobody's business."""
    command = launch.command(params)
    shown = shlex.join(command) if command else "the container's own command"
    sys.stderr.write(
        f"{schedule} of {place}, tick {text}\n"
        f"  command: {visible(shown)}\n"
        f"  cluster: {visible(_last(params.get('cluster', 'default')))}\n"
        f"  task definition: {visible(_last(params['taskDefinition']))}\n"
        "Run it again? [y/N] "
    )
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:  # Ctrl-D, after which the line goes on
        sys.stderr.write("\n")
    return answer.strip().lower() in {"y", "yes"}


def _look(
    account: OperatorAccount, place: Place, task: Mapping[str, Any], params: Mapping[str, Any], stack_name: str | None
) -> Started:
    """Find the log of a task that has been started; that it cannot be found stops nothing any more."""
    arn = task["taskArn"]
    try:
        definition = account.task_definition(task["taskDefinitionArn"])
    except OpsError:
        log = None
    else:
        log = log_place.find(definition, launch.container(params) or _only_container(definition), arn)
    return Started(task=arn, cluster=task["clusterArn"], log=log, watch=_watch(place, task, log, stack_name))


def _only_container(definition: Mapping[str, Any]) -> str:
    names = [one["name"] for one in definition["containerDefinitions"]]
    return names[0] if len(names) == 1 else ""


def _watch(place: Place, task: Mapping[str, Any], log: log_place.LogPlace | None, stack_name: str | None) -> str:
    task_id = _last(task["taskArn"])
    if stack_name == stack.SANDBOX:
        return shlex.join([python(), "-m", "sandbox", "logs", task_id])
    if log is None:
        cluster = _last(task["clusterArn"])
        words = ["ecs", "describe-tasks", "--cluster", cluster, "--tasks", task_id]
    else:
        words = ["logs", "tail", log.group, "--log-stream-names", log.stream, "--follow"]
    return visible(shlex.join(["aws", *words, "--region", place.region]))


def python() -> str:
    """Name this Python as it is typed from here."""
    return os.path.relpath(sys.executable) if Path(sys.executable).is_relative_to(Path.cwd()) else "python"


def _tell(started: list[Started]) -> None:
    for one in started:
        sys.stdout.write(f"Started task {_last(one.task)} on cluster {_last(one.cluster)}.\n")
        if one.log:
            sys.stdout.write(f"Log: {visible(one.log.group)}, stream {visible(one.log.stream)}\n")
        sys.stdout.write(f"Watch it: {one.watch}\n")


def _print_json(place: Place, schedule: str, text: str, started: list[Started]) -> None:
    found = {
        "schedule": schedule,
        "tick": text,
        "group": place.group,
        "region": place.region,
        "tasks": [asdict(one) for one in started],
    }
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


def _last(name: str) -> str:
    return name.rpartition("/")[2]
