"""The likely cause of an alert, and the command that proves the cause. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from watch import classes, instants
from watch.names import job_of_schedule

if TYPE_CHECKING:
    from watch.facts import Facts
    from watch.records import Message, Run

_NO_CAPACITY = (
    "RunTask answered with `failures` (no capacity, or a Fargate quota), which Scheduler counts as a success; "
    "or Scheduler did not call RunTask at all"
)
_GOES_ON = "the run hangs, or has far more to do than usual; it is still running, and nothing stops it"
_ENDED_FIRST = "probably ended first: when an essential container ends, ECS stops the others"
_LAUNCH_TAKES = timedelta(minutes=20)


@dataclass(frozen=True)
class Cause:
    """A likely cause, and the command that proves it."""

    guess: str | None = None
    proof: str | None = None


def of(message: Message, run: Run | None, facts: Facts, region: str) -> Cause:
    """Return the likely cause of the trouble that a message reports."""
    match message.class_:
        case classes.MISSED:
            return Cause(_NO_CAPACITY, _run_task_calls(message, facts, region))
        case classes.NOT_LAUNCHED:
            return Cause(None, _schedule(message, facts, region))
        case classes.WILL_NOT_LAUNCH:
            return Cause(
                "a revision was registered after the jobs were deployed: deploy the jobs again, or fix the revision"
            )
        case classes.INTERRUPTED:
            return Cause("AWS took the capacity back, as it may do with Spot", _task(run, region))
        case classes.OVERRUN | classes.NOT_STARTED:
            return Cause(_GOES_ON if message.class_ == classes.OVERRUN else None, _task(run, region))
        case _:
            return Cause(f"{run.suspects} {_ENDED_FIRST}" if run and run.suspects else None)


def stop(run: Run | None, region: str) -> str | None:
    """Return the command that stops a run; None when there is no run."""
    return _of_task("stop-task", "--task", run, region)


def _run_task_calls(message: Message, facts: Facts, region: str) -> str:
    tick = instants.read(message.tick)
    schedule = facts.job(job_of_schedule(message.schedule)).schedules.get(message.schedule)
    end = tick + _LAUNCH_TAKES + timedelta(minutes=schedule.window if schedule else 0)
    attributes = ("--lookup-attributes", "AttributeKey=EventName,AttributeValue=RunTask")
    times = ("--start-time", instants.text(tick), "--end-time", instants.text(end))
    return _aws("cloudtrail", "lookup-events", *attributes, *times, "--region", region)


def _schedule(message: Message, facts: Facts, region: str) -> str | None:
    if facts.absence(message.schedule):
        return None
    names = ("--group-name", facts.group, "--name", message.schedule)
    return _aws("scheduler", "get-schedule", *names, "--region", region)


def _task(run: Run | None, region: str) -> str | None:
    return _of_task("describe-tasks", "--tasks", run, region)


def _of_task(command: str, option: str, run: Run | None, region: str) -> str | None:
    if run is None:
        return None
    path, _, task = run.task.rpartition("/")
    cluster = path.rpartition("/")[2]
    return _aws("ecs", command, "--cluster", cluster, option, task, "--region", region)


def _aws(*words: str) -> str:
    """Return a command of the AWS CLI, quoted for a shell."""
    return shlex.join(["aws", *words])
