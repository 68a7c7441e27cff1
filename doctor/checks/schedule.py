"""Checks that each schedule is there, is as it was deployed, and will run. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import cadence
from aws_facts import schedules
from doctor.checks import target
from doctor.finding import Link, broken, sound, unchecked
from doctor.repair import RESTORE
from holds import wanted
from judgements.answers import Refused
from watch import drift, instants
from watch.due import PRECISION
from watch.facts import GRACE
from watch.names import job_of_schedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from doctor.account import Known
    from doctor.checks.target import Target
    from doctor.finding import Finding
    from supervision.limits import Closure
    from watch.due import Deployed
    from watch.facts import ScheduleFacts

_LONGEST_LOOK = 1000
"""Closed ticks after which no more are looked at."""


@dataclass(frozen=True, kw_only=True)
class WantedSchedule:
    """A schedule of a job's item."""

    name: str
    wanted: ScheduleFacts
    answer: Known[Mapping[str, Any] | None] | Refused
    """GetSchedule's answer."""
    target: Target | None
    """What the schedule calls; None if it does not exist, or nobody can see."""
    held: bool | Refused
    """Whether a hold keeps it disabled."""
    closed: Sequence[Closure]
    """When no tick is launched."""
    last_good: str | None
    """The latest tick that had a good run, as the watch knows."""
    goes_on: bool
    """Whether a tick runs now, or waits for its launch."""


@dataclass(frozen=True, kw_only=True)
class Schedules:
    """All schedules that are examined."""

    group: str
    listed: Known[Mapping[str, Deployed] | None] | Refused
    """ListSchedules's answer; None without a schedule group."""
    strays: Sequence[str]
    """Enabled schedules of the group that no job's item names."""
    unreadable: Mapping[str, str]
    """Why the items of jobs cannot be read, by job."""
    schedules: Sequence[WantedSchedule]
    now: datetime


def check(known: Schedules) -> Iterator[Finding]:
    """Yield what is found of each schedule, or of the whole group."""
    if not isinstance(known.listed, Refused) and known.listed.value is None:
        jobs = [job_of_schedule(one.name) for one in known.schedules]
        text = "there is no such schedule group, so no job runs"
        yield broken("schedule-group-gone", Link.SCHEDULE, known.group, text, RESTORE, jobs)
        return
    if isinstance(known.listed, Refused):
        yield unchecked(Link.SCHEDULE, known.group, "whether there are schedules of no job", known.listed)
    for job, why in known.unreadable.items():
        text = (
            f"the job's item in the ledger was not written by this program ({why}), so the watch does not know the job"
        )
        fix = f"delete the item 'deployed'/'{job}' from the ledger's table; {RESTORE}"
        yield broken("job-item-unreadable", Link.SCHEDULE, job, text, fix, [job])
    for name in known.strays:
        text = "Scheduler launches it, but no deployed job has it, so nobody is told when it fails"
        fix = f"aws scheduler delete-schedule --group-name {known.group} --name {name}, unless a deployment goes on"
        yield broken("schedule-stray", Link.SCHEDULE, name, text, fix)
    for one in known.schedules:
        found = list(_faults(one, known.now))
        yield from found or [sound(Link.SCHEDULE, one.name, [job_of_schedule(one.name)])]


def _faults(one: WantedSchedule, now: datetime) -> Iterator[Finding]:
    jobs = [job_of_schedule(one.name)]
    if isinstance(one.answer, Refused):
        yield unchecked(Link.SCHEDULE, one.name, "the whole schedule", one.answer, jobs)
    elif one.answer.value is None:
        text = "the job has this schedule, but Scheduler does not: somebody has deleted it"
        yield broken("schedule-missing", Link.SCHEDULE, one.name, text, RESTORE, jobs)
    else:
        yield from _of_times(one, one.answer.value, jobs)
        yield from _of_state(one, one.answer.value, now, jobs)
        if one.answer.value["State"] == wanted.ENABLED or one.held is True:
            yield from _of_ticks(one, one.answer.value, now, jobs)
        if one.target:
            yield from target.faults(one.target)


def _of_times(one: WantedSchedule, described: Mapping[str, Any], jobs: Sequence[str]) -> Iterator[Finding]:
    actual = drift.read(described)
    changed = max(described["CreationDate"], described["LastModificationDate"])
    if not drift.as_deployed(actual, one.wanted, changed):
        parts = "; ".join(_differences(actual, one.wanted))
        text = f"somebody has changed it since it was deployed: {parts}"
        yield broken("schedule-changed", Link.SCHEDULE, one.name, text, RESTORE, jobs)


def _differences(actual: ScheduleFacts, deployed: ScheduleFacts) -> Iterator[str]:
    for field in fields(actual):
        now, before = getattr(actual, field.name), getattr(deployed, field.name)
        if now != before:
            yield f"{field.name} is {_shown(now)}, not {_shown(before)}"


def _shown(value: object) -> str:
    return "not set" if value is None else str(value)


def _of_state(
    one: WantedSchedule, described: Mapping[str, Any], now: datetime, jobs: Sequence[str]
) -> Iterator[Finding]:
    enabled, should = described["State"] == wanted.ENABLED, wanted.read(described.get("Description") or "")
    if drift.is_paused(described):
        if isinstance(one.held, Refused):
            yield unchecked(Link.SCHEDULE, one.name, "whether a hold has disabled it", one.held, jobs)
        elif not one.held and not drift.is_over(drift.read(described), now):
            text = "it is disabled, although config wants it enabled and no hold is on it"
            fix = f"{RESTORE}; for a pause use python -m ops pause, which ends by itself"
            yield broken("schedule-disabled", Link.SCHEDULE, one.name, text, fix, jobs)
    elif enabled and should is False:
        text = "it is enabled, although config wants it disabled"
        yield broken("schedule-enabled", Link.SCHEDULE, one.name, text, RESTORE, jobs)


def _of_ticks(
    one: WantedSchedule, described: Mapping[str, Any], now: datetime, jobs: Sequence[str]
) -> Iterator[Finding]:
    try:
        table = schedules.described_timetable(described)
    except (cadence.ExpressionError, cadence.ZoneError):
        return  # it was changed, which is told
    anchor = max(described["CreationDate"], described["LastModificationDate"])
    closure = _closure_of_all(table, one.closed, now, anchor) if table else None
    if closure:
        text = f"it has no tick that the calendar '{closure.calendar}' leaves open"
        fix = "change the schedule's times or the calendar in the stack file, and run pulumi up"
        yield broken("calendar-closed", Link.SCHEDULE, one.name, text, fix, jobs)
    elif table is None or next(table.ticks(now, anchor=anchor), None) is None:
        last = table.previous(now, anchor=anchor) if table else None
        if one.goes_on or (table and _has_done(one, table, last, now)):
            return
        text = f"it has no tick to come: {described['ScheduleExpression']}" + (
            f"; the last one was {instants.text(last)}, and no good run of it is known" if last else ""
        )
        fix = 'give it later times in the stack file, or write "off" for it, and run pulumi up'
        yield broken("schedule-over", Link.SCHEDULE, one.name, text, fix, jobs)


def _has_done(one: WantedSchedule, table: cadence.Timetable, last: datetime | None, now: datetime) -> bool:
    """Return whether the last tick of a schedule was good, or may still be launched.

    AWS does not say from when a rate counts, but its last tick is less than one period before its end.
    """
    grace = timedelta(seconds=GRACE, minutes=table.window) + 2 * PRECISION
    if isinstance(table.expression, cadence.Rate) and table.end is not None:
        good = one.last_good is not None and instants.read(one.last_good) > table.end - table.expression.period
        return good or now <= table.end + grace
    return last is not None and (one.last_good == instants.text(last) or now <= last + grace)


def _closure_of_all(
    table: cadence.Timetable, closed: Sequence[Closure], now: datetime, anchor: datetime
) -> Closure | None:
    """Return a closure if every tick to come is in one."""
    found, after = None, now
    for _ in range(_LONGEST_LOOK):
        tick = next(table.ticks(after, anchor=anchor), None)
        if tick is None:
            return found
        text = instants.text(tick)
        over = next((one for one in closed if one.since <= text < one.until), None)
        if over is None:
            return None
        found, after = over, tick
    return None
