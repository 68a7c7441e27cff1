"""Collect one stack's data for the page: from its ledger, and from Scheduler."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cadence
from report import words
from report.coming import coming, timetable
from report.data import ShownSchedule, ShownStack
from report.reading import alerts_of_ticks, newest, read_tick, unlisted
from supervision.waiting import waits
from watch import watched_account
from watch.names import job_of_schedule
from watch.redaction import values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from mypy_boto3_scheduler import EventBridgeSchedulerClient

    from report.data import ShownAlert
    from report.reading import Log
    from watch.ledger import Ledger, Unreadable
    from watch.records import JobRecord


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack to show."""

    project: str
    """Empty if it is not known."""
    name: str
    group: str
    """The schedule group."""
    region: str


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the data of a stack comes from."""

    scheduler: EventBridgeSchedulerClient
    ledger: Ledger
    now: datetime
    log: Log
    unreadable: Unreadable
    """Is called with the name and the error of each record that the watch did not write, which is left out."""


def collect(stack: Stack, sources: Sources, messages: tuple[ShownAlert, ...] | None) -> ShownStack:
    """Return the data of a stack. `messages` were sent; None when only the ledger knows which ticks were alerted."""
    schedules = tuple(_schedules(stack.group, sources))
    return ShownStack(
        project=stack.project,
        name=stack.name,
        group=stack.group,
        region=stack.region,
        schedules=schedules,
        alerts=alerts_of_ticks(schedules) if messages is None else messages,
        has_messages=messages is not None,
    )


def _schedules(group: str, sources: Sources) -> Iterator[ShownSchedule]:
    """Yield the schedules that exist, and those that are only in the ledger."""
    jobs = sources.ledger.jobs(sources.unreadable)
    deployed = _deployed(sources.scheduler, group)
    owners = {name: job for job, record in jobs.items() for name in record.schedules}
    for name in sorted({*owners, *deployed}):
        job = owners.get(name) or job_of_schedule(name)
        yield _schedule(sources, jobs.get(job), job, name, deployed.get(name))


def _schedule(
    sources: Sources, record: JobRecord | None, job: str, name: str, described: Mapping[str, Any] | None
) -> ShownSchedule:
    ticks = sources.ledger.ticks(name, unreadable=sources.unreadable)
    hide = _secrets(described) if described else {}
    listed = newest(ticks)
    in_flight = waits(record.traffic.flights) if record else []
    return ShownSchedule(
        name=name,
        job=job,
        timezone=words.zone(described).key if described else "UTC",
        words=_words(described) if described else "",
        state=described["State"] if described else "DELETED",
        trouble=record is not None and name in record.trouble,
        coming=coming(described, sources.now) if described else (),
        ticks=tuple(read_tick(tick, hide, sources.log, in_flight) for tick in listed),
        unlisted=unlisted(ticks, listed),
    )


def _deployed(scheduler: EventBridgeSchedulerClient, group: str) -> dict[str, Mapping[str, Any]]:
    """Return the schedules of a group by name; none when the group was destroyed and the ledger was kept."""
    try:
        names = list(watched_account.schedules(scheduler, group))
    except scheduler.exceptions.ResourceNotFoundException:
        return {}
    return {name: scheduler.get_schedule(GroupName=group, Name=name) for name in names}


def _secrets(described: Mapping[str, Any]) -> dict[str, str]:
    """Return the secrets in a schedule's input. A schedule that somebody else made may have any text as its input."""
    try:
        given = json.loads(described["Target"].get("Input", "{}"))
    except ValueError:
        return {}
    return values_of(given) if isinstance(given, dict) else {}


def _words(described: Mapping[str, Any]) -> str:
    table = timetable(described)
    return described["ScheduleExpression"] if table is None else cadence.describe(table)
