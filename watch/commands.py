"""The commands that an alert offers: to run the tick again, to stop the run, to end a pause, to check the cause. Pure.

Each is narrowed to the job. A command that would not work is left out.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from watch import classes, drift, instants, invocations, run_kinds, supervising
from watch.decisions import LOST
from watch.names import claimed_run, job_of_schedule, supervisor_name, task_group

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from watch.facts import Facts, InvokedFunction, JobFacts, WorkQueue
    from watch.records import Message, Run

_LAUNCH_TAKES = timedelta(minutes=20)
_AROUND = timedelta(minutes=15)
"""The time before the end of a run within which somebody asked for it."""
_BEFORE = timedelta(days=1)
"""The time before an alert within which the schedule was changed. Two checks find a change, unless checks fail."""
KNOWN_FOR = timedelta(hours=1)
"""How long ECS describes a stopped task, at least (ECS Developer Guide, "Viewing stopped task errors")."""

_EXPANDED = frozenset('"$`\\!')
"""What bash and zsh expand within double quotes. They expand `!` only where somebody types the command."""
_TOLD_BY_TASK = (classes.INTERRUPTED, classes.NOT_STARTED, classes.OVERRUN, classes.NOT_DONE)
"""Classes of alerts about a run of which its task, or its claim, shows more. Of other ends the alert has all."""
_STATE = (
    "tasks[].{status: lastStatus, stopCode: stopCode, reason: stoppedReason, "
    "containers: containers[].{name: name, exitCode: exitCode, reason: reason}}"
)
"""Why a task stopped, without the many other fields of a task."""


_LAG = "CloudTrail may show a call up to 15 minutes late"
_OF_RUN_TASK = (
    _LAG,
    "no RunTask: EventBridge Scheduler did not launch the run",
    "a RunTask with an errorCode: the launch was refused",
    "a RunTask whose failures are not empty: ECS had no capacity, or a Fargate quota was reached",
    "a RunTask with a taskArn: the task was launched, so look at its log, and do not run it again",
)
"""RunTask answers 200 with `failures`, and without a task, when ECS cannot place it (ECS API reference, RunTask)."""
_OF_DELETION = (
    _LAG,
    "no DeleteSchedule: a deployment failed half-way, or somebody deleted the whole group (DeleteScheduleGroup)",
)
_OF_CHANGE = (_LAG, "no UpdateSchedule: a deployment failed half-way, before it changed the schedule")
_OF_INVOCATION = (
    "no line: the function did not begin, or may not write to its log",
    "a REPORT line: the time and the memory that the invocation took",
)
_OF_CLAIM = (
    "no item: no worker has taken the run",
    "a state claimed whose lease (seconds since 1970) is over: the worker is lost",
)
_OF_QUEUE = (
    "ApproximateNumberOfMessagesNotVisible: runs that workers have; 0 means that no worker runs, or may take work",
    "ApproximateNumberOfMessages: runs that wait, and withdrawn ones that no worker has thrown away",
)
_OF_PROCESS = (
    "no item: no process has claimed the tick; one that keeps its claims in Redis has no item",
    "a state claimed whose lease (seconds since 1970) is over: the process is lost",
)
_OF_ERRORS = (
    "no events: EventBridge Scheduler did not deliver the tick, or its message is late",
    "an error: the supervisor met it, and gave the message up after five times",
)
_OF_TASK = ("ECS forgets a stopped task after about an hour",)


@dataclass(frozen=True)
class Check:
    """A command that proves the cause, or shows more, and how to read what it shows."""

    command: str
    reading: tuple[str, ...] = ()


def rerun(schedule: str, tick: str, facts: Facts, region: str) -> str:
    """Return the command that runs a tick again."""
    return facts.rerun.format(schedule=shlex.quote(schedule), tick=shlex.quote(tick), region=region)


def resume(hold: str, facts: Facts, region: str) -> str:
    """Return the command that ends a hold."""
    return quoted("python", "-m", "ops", "resume", "--group", facts.group, "--region", region, hold)


def no_rerun(schedule: str, run: Run | None, facts: Facts) -> str | None:
    """Return why no command can run a tick again; None when one can."""
    if run and run.unknown:
        return "the run's tick is not known"
    in_process = facts.job(job_of_schedule(schedule)).in_process
    return facts.absence(schedule) or (supervising.BY_ITSELF if in_process else None)


def stop(run: Run | None, facts: Facts, region: str) -> str | None:
    """Return the command that stops a run; None when there is no run, and for one that nobody can stop."""
    match run_kinds.kind(run.task) if run else "":
        case run_kinds.TASK if run:
            return _of_task("stop-task", "--task", run, region)
        case run_kinds.WORKER_RUN if run:
            where = ("--group", facts.group, "--region", region)
            return quoted(
                "python", "-m", "ops", "stop", *where, "--reason", "it takes too long", run_kinds.id_of(run.task)
            )
        case _:
            return None


def check(message: Message, job: str, run: Run | None, facts: Facts, region: str, now: datetime) -> Check | None:  # noqa: PLR0913, PLR0917 - all that a command names
    """Return how to check the cause; None where no command shows more."""
    match message.class_:
        case classes.MISSED | classes.NOT_DONE if run is None or message.class_ == classes.MISSED:
            return _launches(message, job, facts, region)
        case classes.NOT_LAUNCHED:
            return _schedule(message, facts, region)
        case classes.DRIFTED:
            return _changes(message, facts, region, now)
        case classes.WILL_NOT_LAUNCH:
            family = job.partition(":")[2]
            return Check(_aws("ecs", "describe-task-definition", "--task-definition", family, "--region", region))
        case _:
            return _run(message, facts.job(job), run, region, now)


def _run(message: Message, job: JobFacts, run: Run | None, region: str, now: datetime) -> Check | None:
    """Return how to see what has become of a run; None where no command shows more."""
    match run_kinds.of(job, run.task if run else ""):
        case run_kinds.TASK if run is not None and message.class_ == classes.STOPPED:
            return _stop_task_calls(run, region, now)
        case run_kinds.TASK:
            return _task(message, run, region, now)
        case run_kinds.INVOCATION | run_kinds.REQUEST if job.function is not None:
            return _invocation(run, job.function, region)
        case run_kinds.WORKER_RUN if job.work is not None and run is not None and not run.started:
            return _work_queue(job.work, region)
        case _:
            return _claim(message, job, run, region)


def _work_queue(work: WorkQueue, region: str) -> Check:
    """Return how to see whether workers take runs."""
    counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    words = ("--queue-url", work.url, "--attribute-names", *counts, "--region", region)
    return Check(_aws("sqs", "get-queue-attributes", *words), _OF_QUEUE)


def _claim(message: Message, job: JobFacts, run: Run | None, region: str) -> Check | None:
    """Return how to see who has claimed a run; None where that is not the question.

    A tick that processes claim by themselves has one run, whose id is known before.
    """
    table = job.work.claims if job.work else run_kinds.id_of(job.in_process.claims) if job.in_process else ""
    id_ = run_kinds.id_of(run.task) if run else claimed_run(message.schedule, message.tick, "", 1)
    if not table or not message.tick or (run is None and job.in_process is None):
        return None
    if run is not None and message.class_ not in _TOLD_BY_TASK:
        return None
    key = json.dumps({"run": {"S": id_}})
    command = _aws("dynamodb", "get-item", "--table-name", table, "--key", key, "--region", region)
    return Check(command, _OF_CLAIM if job.work else _OF_PROCESS)


def _invocation(run: Run | None, function: InvokedFunction, region: str) -> Check | None:
    """Return how to see what Lambda and the function wrote of a run; None where there is no run."""
    invocation = invocations.read(run.task) if run else None
    if run is None or invocation is None:
        return None
    since = _milliseconds(instants.read(run.created)) if run.created else "0"
    only = ("--filter-pattern", f'"{invocation.id}"', "--start-time", since)
    command = _aws("logs", "filter-log-events", "--log-group-name", function.log_group, *only, "--region", region)
    return Check(command, _OF_INVOCATION)


def _task(message: Message, run: Run | None, region: str, now: datetime) -> Check | None:
    """Return how to see why a task stopped; None where that is known, or ECS may not know the task."""
    if run is None or not _is_known(run, now):
        return None
    tells_more = message.class_ in _TOLD_BY_TASK or (message.class_ == classes.FAILED and run.exit_code is None)
    command = _of_task("describe-tasks", "--tasks", run, region, "--query", _STATE)
    return Check(command, _OF_TASK) if tells_more else None


def _is_known(run: Run, now: datetime) -> bool:
    """Return whether ECS is sure to describe a run's task."""
    if run.stopped is None:
        return run.status != LOST
    return now - instants.read(run.stopped) < KNOWN_FOR


def _launches(message: Message, job: str, facts: Facts, region: str) -> Check | None:
    """Return how to see the launches of a tick.

    CloudTrail records neither invocations nor messages by itself, so for them the log of the supervisor shows more.
    """
    kind = run_kinds.of(facts.job(job))
    if kind == run_kinds.PROCESS_RUN:
        return _claim(message, facts.job(job), None, region)
    tick = instants.read(message.tick)
    schedule = facts.schedule(message.schedule)
    end = tick + _LAUNCH_TAKES + timedelta(minutes=schedule.window if schedule else 0)
    if kind != run_kinds.TASK:
        return _errors_of_supervisor(tick, end, facts, region)
    return Check(_calls("RunTask", [task_group(facts.group, job)], tick, end, region), _OF_RUN_TASK)


def _errors_of_supervisor(start: datetime, end: datetime, facts: Facts, region: str) -> Check:
    log = f"/aws/lambda/{supervisor_name(facts.group)}"
    only = ("--filter-pattern", '?Traceback ?"Task timed out" ?"Runtime exited"')
    times = ("--start-time", _milliseconds(start), "--end-time", _milliseconds(end))
    command = _aws("logs", "filter-log-events", "--log-group-name", log, *only, *times, "--region", region)
    return Check(command, _OF_ERRORS)


def _milliseconds(instant: datetime) -> str:
    return str(int(instant.timestamp() * 1000))


def _stop_task_calls(run: Run, region: str, now: datetime) -> Check:
    ended = instants.read(run.stopped) if run.stopped else now
    return Check(_calls("StopTask", [run.task.rpartition("/")[2]], ended - _AROUND, ended, region), (_LAG,))


def _changes(message: Message, facts: Facts, region: str, now: datetime) -> Check:
    """Return how to see who deleted or changed a schedule.

    CloudTrail records each call of Scheduler's API, by its name and with its parameters, which include the group and
    the schedule (EventBridge Scheduler User Guide, "Logging API calls"; CloudTrail User Guide, "Record contents").
    """
    deleted = message.reason == drift.reason(drift.DELETED)
    operation, reading = ("DeleteSchedule", _OF_DELETION) if deleted else ("UpdateSchedule", _OF_CHANGE)
    return Check(_calls(operation, (facts.group, message.schedule), now - _BEFORE, now, region), reading)


def _calls(operation: str, named: Sequence[str], start: datetime, end: datetime, region: str) -> str:
    """Return the command that shows the calls of an operation that have all these names.

    CloudTrail filters by one attribute only (CloudTrail API reference, LookupEvents), so the CLI filters by the name.
    """
    attribute = ("--lookup-attributes", f"AttributeKey=EventName,AttributeValue={operation}")
    times = ("--start-time", instants.text(start), "--end-time", instants.text(end))
    has_all = " && ".join(f"contains(CloudTrailEvent, '{name}')" for name in named)
    only = ("--query", f"Events[?{has_all}].CloudTrailEvent", "--output", "text")
    return _aws("cloudtrail", "lookup-events", *attribute, *times, *only, "--region", region)


def _schedule(message: Message, facts: Facts, region: str) -> Check | None:
    if facts.absence(message.schedule):
        return None
    names = ("--group-name", facts.group, "--name", message.schedule)
    return Check(_aws("scheduler", "get-schedule", *names, "--region", region))


def _of_task(command: str, option: str, run: Run, region: str, *more: str) -> str:
    path, _, task = run.task.rpartition("/")
    cluster = path.rpartition("/")[2]
    return _aws("ecs", command, "--cluster", cluster, option, task, *more, "--region", region)


def _aws(*words: str) -> str:
    """Return a command of the AWS CLI, quoted for a shell."""
    return quoted("aws", *words)


def quoted(*words: str) -> str:
    """Return words quoted for a shell, so that people can read them."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """Return a word quoted for a shell, in double quotes if it has single ones and nothing that those would expand."""
    if "'" in word and not _EXPANDED & {*word}:
        return f'"{word}"'
    return shlex.quote(word)
