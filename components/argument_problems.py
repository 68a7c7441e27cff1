"""Mistakes in the arguments of a job that AWS would refuse, or that could never work. Pure.

The program of this project checks its config before, and says more. Other programs have only these checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cadence
from components.schedule import MOST_RETRIES
from supervision.limits import Limits
from watch import done_by, pausing, untrusted
from watch.facts import SEVERITIES
from watch.names import schedule_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from components.job_args import ScheduledJobArgs
    from components.schedule import ScheduleArgs

_LONGEST_JOB = 56
"""Characters. The launch role has the job's name and eight more; IAM allows 64 (IAM API reference, CreateRole)."""
_MOST_TAGS = 50
"""ECS API reference, RunTask.tags."""
_NOT_KEPT = {
    "function": ("total_timeout", "retry_on", "run_revision"),
    "work": ("run_revision",),
    "process": (
        *("start_timeout", "timeout", "total_timeout", "retries", "backoff", "retry_on"),
        *("overlap", "lock", "late", "run_revision", "closed"),
    ),
}
"""By what runs the job in place of a task, the limits that cannot be kept."""


def problems(job: str, args: ScheduledJobArgs) -> list[str]:
    """Return one line for each mistake: the argument, the value and what would be accepted."""
    return [
        *_of_name(job),
        *_of_schedules(job, args.schedules),
        *_of_supervision(args),
        *_of_command(args.command),
        *_of_words(args),
        *_of_numbers(args),
    ]


def _of_name(job: str) -> Iterator[str]:
    if len(job) > _LONGEST_JOB:
        yield f"the name has {len(job)} characters; must have at most {_LONGEST_JOB}"


def _of_schedules(job: str, schedules: Sequence[ScheduleArgs]) -> Iterator[str]:
    if not schedules:
        yield "schedules: is empty; must have at least one ScheduleArgs"
    keys: set[str] = set()
    for number, schedule in enumerate(schedules):
        where = f"schedules[{number}]"
        name = schedule_name(job, schedule.key)
        if not untrusted.is_schedule(name):
            yield (
                f"{where}.key: the schedule's name '{untrusted.visible(name)}' must be 1 to 64 letters, digits, dots, "
                "hyphens and underscores"
            )
        if schedule.key in keys:
            yield f"{where}.key: '{schedule.key}' is used twice; each schedule of a job must have another key"
        keys.add(schedule.key)
        yield from _of_times(where, schedule)
        if schedule.pause_after is not None and (problem := pausing.problem(schedule.pause_after)):
            yield f"{where}.pause_after: {schedule.pause_after} {problem}"


def _of_times(where: str, schedule: ScheduleArgs) -> Iterator[str]:
    try:
        cadence.parse(schedule.expression)
    except cadence.ExpressionError as error:
        yield f"{where}.expression: '{untrusted.visible(schedule.expression)}': {error}"
        return
    try:
        table = schedule.timetable
    except cadence.ZoneError as error:
        yield f"{where}.timezone: {error}"
    except cadence.ExpressionError as error:
        yield f"{where}: {error}"
    else:
        if table.never_fires():
            yield f"{where}.expression: '{schedule.expression}' never fires"
        elif schedule.done_by is not None:
            yield from _of_deadline(f"{where}.done_by", schedule.done_by, table)


def _of_deadline(where: str, until: str, table: cadence.Timetable) -> Iterator[str]:
    try:
        problem = done_by.problem(until, table)
    except ValueError as error:
        problem = str(error)
    if problem:
        yield f"{where}: '{untrusted.visible(until)}' {problem}"


def _of_supervision(args: ScheduledJobArgs) -> Iterator[str]:
    """Yield what the supervisor could not work with."""
    if not args.runs_tasks:
        yield from _without_tasks(args)
    if not args.supervised:
        return
    if args.group.supervisor is None:
        yield (
            "schedules: have limits, which only a supervisor keeps, and the group has none; set `supervised` of "
            "`JobGroupArgs`"
        )
    for number, schedule in enumerate(args.schedules):
        where = f"schedules[{number}].limits"
        if schedule.limits is None:
            yield f"{where}: is missing; if one schedule of a job has limits, each must have them"
        elif args.runs_tasks and schedule.limits.run_revision == "service" and args.place.service is None:
            yield f"{where}: run_revision 'service' needs the `service` of `PlacementArgs`"
    if args.runs_tasks and len(args.group.args.tags) + 3 > _MOST_TAGS:
        yield (
            f"group: has {len(args.group.args.tags)} tags; a task has at most {_MOST_TAGS}, of which three are "
            "the program's own"
        )


def _without_tasks(args: ScheduledJobArgs) -> Iterator[str]:
    """Yield what belongs to a task of ECS, or cannot be kept by what runs the job in place of one."""
    runner = "a function" if args.function else "a worker" if args.work else "a process of the service"
    if args.command is not None:
        yield f"command: belongs to a container; {runner} has none"
    for number, schedule in enumerate(args.schedules):
        where, limits = f"schedules[{number}]", schedule.limits
        if schedule.environment or schedule.cpu or schedule.memory:
            yield f"{where}: has an environment, cpu or memory, which belong to a container; {runner} has its own"
        if args.process is not None:
            yield from _of_process(where, schedule)
        if limits is None:
            yield f"{where}.limits: is missing; the supervisor must know the runs of {runner}, and needs them"
            continue
        kept = Limits(start_deadline=limits.start_deadline)
        for name in _NOT_KEPT["function" if args.function else "work" if args.work else "process"]:
            if getattr(limits, name) != getattr(kept, name):
                yield f"{where}.limits: {name} cannot be kept for {runner}"
        if args.function is not None and limits.overlap == "replace":
            yield f"{where}.limits: overlap 'replace' would stop a run, and nobody can stop a function"


def _of_process(where: str, schedule: ScheduleArgs) -> Iterator[str]:
    """Yield what makes ticks that a process cannot know, or a hold that it does not heed."""
    if schedule.expression.startswith("rate("):
        yield f"{where}.expression: '{schedule.expression}' is counted by AWS, so no process can know its ticks"
    if schedule.window:
        yield f"{where}.window: {schedule.window} spreads launches, and a process is not launched"
    if schedule.pause_after is not None:
        yield f"{where}.pause_after: {schedule.pause_after} would make a hold, which keeps no process from its work"


def _of_command(command: Sequence[str] | None) -> Iterator[str]:
    if isinstance(command, str):
        words = "must be a list of words, such as ['python', 'job.py']"
        yield f"command: '{untrusted.visible(command)}' is one text; {words}"
    elif command is not None and not command:
        yield "command: is empty; must have at least one word, or be left out if the container runs its own command"


def _of_words(args: ScheduledJobArgs) -> Iterator[str]:
    if args.severity not in SEVERITIES:
        yield f"severity: '{untrusted.visible(args.severity)}' must be one of: {', '.join(SEVERITIES)}"


def _of_numbers(args: ScheduledJobArgs) -> Iterator[str]:
    if not 0 <= args.launch_retries <= MOST_RETRIES:
        yield f"launch_retries: {args.launch_retries} must be 0 to {MOST_RETRIES}"
    if args.longest_run is not None and args.longest_run < 1:
        yield f"longest_run: {args.longest_run} must be at least 1 minute"
