"""What a preview says about supervised jobs: why they are, what it costs, and which ticks calendars skip. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import cadence
from cadence.upcoming import tick_text
from components.schedule import deployed_timetable
from settings import InProcess, Worker, key_path
from settings.problems import listed
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from components.schedule import ScheduleArgs
    from plan.planned_jobs import PlannedJob

COST = "3 requests to SQS, 2 invocations of Lambda and 4 writes to DynamoDB"
"""What an attempt costs beyond a launch by Scheduler: its message is sent, received and deleted; the supervisor is
invoked for the launch and for its limit; the decisions to launch and to wait are written, each with its effect."""

_WORKER_COST = (
    f"Each attempt costs about {COST}; its worker adds 3, 2 and 3 of them, and one to SQS and one to DynamoDB for "
    "every 15 seconds of work"
)
"""The message of the work queue is sent, received and deleted; begin and end are reported; the claim is numbered, made
and ended, and extended four times a minute, as the message is (worker/, `VISIBILITY` and `LEASE`)."""
_PROCESS_COST = (
    f"Each tick costs about {COST}; the process adds 2 invocations of Lambda, and with DynamoDB as its store 3 writes "
    "and one for every 15 seconds of work"
)

_SHOWN = 3
_MOMENT = timedelta(microseconds=1)


def notes(jobs: Sequence[PlannedJob], now: datetime) -> list[str]:
    """Return the notes about the supervised jobs, each with its key path."""
    return [note for job in jobs if job.asks for note in (_supervised(job), *_skipped(job, now))]


def _supervised(job: PlannedJob) -> str:
    return f"{job.where}: is supervised, because of {listed(job.asks)}. {_cost(job)}"


def _cost(job: PlannedJob) -> str:
    match job.runner:
        case Worker():
            return _WORKER_COST
        case InProcess():
            return _PROCESS_COST
    return f"Each attempt costs about {COST}"


def _skipped(job: PlannedJob, now: datetime) -> Iterator[str]:
    for schedule in job.schedules:
        if next_ones := list(islice(_closed(schedule, now), _SHOWN)):
            where = key_path(job.where, schedule.key) if schedule.key else job.where
            yield f"{where}: does not run {listed(next_ones)}"


def _closed(schedule: ScheduleArgs, now: datetime) -> Iterator[str]:
    """Yield when an enabled schedule does not run, ascending: its ticks, or whole spans where no tick is known yet."""
    if schedule.limits is None or not schedule.enabled:
        return
    table, seen = deployed_timetable(schedule.timetable, now), now
    unknown = isinstance(table.expression, cadence.Rate) and table.start is None
    for closure in schedule.limits.closed:
        since, until = instants.read(closure.since), instants.read(closure.until)
        by = f"{closure.calendar}: {closure.reason}" if closure.reason else closure.calendar
        if unknown and until > now:
            yield f"from {tick_text(since, table)} to {tick_text(until, table)} ({by})"
        for tick in table.between(max(since, seen + _MOMENT), until - _MOMENT):
            yield f"at {tick_text(tick, table)} ({by})"
            seen = tick
