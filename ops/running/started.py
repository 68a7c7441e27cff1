"""A task that an operator has started, and the ways to observe it."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_facts import log_place
from ops.errors import OpsError
from ops.running import launch
from settings import in_sandbox
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.operator_account import OperatorAccount
    from ops.stack import Place


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


def unseen(place: Place, task: Mapping[str, Any]) -> Started:
    """Return a started task as RunTask's answer has it, without a look at its log."""
    return Started(task=task["taskArn"], cluster=task["clusterArn"], log=None, watch=_watch(place, task, None))


def look(account: OperatorAccount, place: Place, task: Mapping[str, Any], params: Mapping[str, Any]) -> Started:
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
    task_id = last(task["taskArn"])
    if os.environ.get(in_sandbox.VARIABLE):
        return shlex.join([python(), "-m", "sandbox", "logs", task_id])
    if log is None:
        cluster = last(task["clusterArn"])
        words = ["ecs", "describe-tasks", "--cluster", cluster, "--tasks", task_id, "--region", place.region]
    else:
        words = ["logs", "tail", log.group, "--log-stream-names", log.stream, "--follow", "--region", log.region]
    return visible(shlex.join(["aws", *words]))


def python() -> str:
    """Return the path of this Python, as typed in the working directory."""
    return os.path.relpath(sys.executable) if Path(sys.executable).is_relative_to(Path.cwd()) else "python"


def tell(known: Sequence[str], started: Sequence[Started]) -> None:
    """Print what was started, after what was known before unless the question has shown it."""
    sys.stdout.writelines(f"{line}\n" for line in known)
    for one in started:
        sys.stdout.write(f"Started task {last(one.task)} on cluster {last(one.cluster)}.\n")
        if one.log:
            sys.stdout.write(f"Log: {visible(one.log.group)}, stream {visible(one.log.stream)}\n")
        sys.stdout.write(f"Watch it: {one.watch}\n")


def cluster_of(task: str) -> str:
    """Return the ARN of a task's cluster."""
    return task.rpartition("/")[0].replace(":task/", ":cluster/")


def last(name: str) -> str:
    """Return the last part of an ARN."""
    return name.rpartition("/")[2]
