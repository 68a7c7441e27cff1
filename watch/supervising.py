"""The ticks in flight of a supervised job, as a change of its record moves them on. Pure.

`supervision` decides; this turns its decisions into the outcomes and alerts of ticks.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import cadence
from supervision import progress
from supervision.flights import Flight
from supervision.stops import STOPPED
from watch import classes, due, instants
from watch.names import STOP_REASON
from watch.task import BY_SUPERVISOR, Verdict
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supervision.flights import Stop
    from supervision.limits import Limits
    from supervision.progress import Ending
    from watch.due import Deployed
    from watch.facts import Facts, JobFacts, ScheduleFacts
    from watch.records import JobRecord, Run, ScheduleRecord, Tick
    from watch.task import Task

MOST_FLIGHTS = 40
"""Ticks of one job in flight. A change may write all of them, and a transaction has at most 100 items (DynamoDB API
reference, TransactWriteItems)."""
LATE_AFTER = 120
"""Seconds after the tick and its window after which a tick is late. Scheduler calls within the minute."""
BY_ITSELF = "the processes of the service begin its runs by themselves, so nobody else can"
"""Why nobody can ask for a run of an in-process job."""
NOT_SUPERVISED = progress.NOT_LAUNCHED, progress.DIRECT


def is_new(tick: Tick) -> bool:
    """Return whether nothing has been decided about a tick. By then it may have been reported as not done."""
    return not tick.has_run and tick.outcome in (classes.RUNNING, classes.NOT_DONE)


def refusal(facts: JobFacts, tick: Tick, *, known: bool, by_hand: bool) -> tuple[str, str] | None:
    """Return the outcome and the reason of a tick that is not to begin; None for a tick that is.

    `known` is whether the job is deployed. No calendar keeps an operator from running a tick.
    """
    if not known:
        return progress.SKIPPED, progress.REMOVED
    wanted = facts.limits.get(tick.schedule)
    if tick.schedule not in facts.schedules:
        return progress.SKIPPED, "the schedule was removed"
    if wanted is None or facts.supervised is None:
        return NOT_SUPERVISED
    if by_hand and wanted.in_process:
        return progress.SKIPPED, BY_ITSELF
    for one in () if by_hand else wanted.closed:
        if one.since <= tick.tick < one.until:
            why = f": {one.reason}" if one.reason else ""
            return progress.SKIPPED, f"the calendar {one.calendar} is closed{why}"
    return None


def flight(  # noqa: PLR0913 - a tick, what is known of its job, and what an operator wants
    facts: JobFacts, tick: Tick, wanted: Limits, now: datetime, *, rerun: str = "", insists: bool = False
) -> Flight:
    """Return the flight of a tick that arrives now. An operator's run has its deadlines from now on."""
    instant, schedule = instants.read(tick.tick), facts.schedules[tick.schedule]
    begin = now if rerun else instant
    following = next(due.times(schedule).ticks(instant, anchor=instant), None)
    return Flight(
        tick.schedule,
        tick.tick,
        dataclasses.replace(wanted, closed=()),  # judged at the arrival
        arrived=seconds(now),
        launch_by=seconds(begin) + wanted.start_deadline,
        punctual_until=seconds(begin) + 60 * schedule.window + LATE_AFTER,
        next_tick=None if rerun or following is None else seconds(following),
        rerun=rerun,
        insists=insists,
    )


def absent(  # noqa: PLR0913, PLR0917 - a schedule as all sides know it, and two times
    facts: ScheduleFacts, limits: Limits, record: ScheduleRecord, found: Deployed, since: datetime, now: datetime
) -> list[str]:
    """Return the ticks that are due, of which nothing is known, and that may still begin, ascending.

    A rate has none: AWS does not say from when it counts, and a tick at a guessed time would run twice.
    """
    timetable = due.times(facts)
    if isinstance(timetable.expression, cadence.Rate) or not found.enabled:
        return []
    begin = max(since, found.changed + due.PRECISION, now - timedelta(seconds=limits.start_deadline))
    end = now - timedelta(minutes=facts.window, seconds=LATE_AFTER)
    ticks = (instants.text(tick) for tick in timetable.between(begin, end))
    return [tick for tick in ticks if tick > (record.checked or "") and tick not in record.seen]


def order(facts: JobFacts, schedule: str) -> dict[str, Any]:
    """Return what the supervisor launches for a schedule, as the job's item has it now."""
    supervised = facts.supervised
    if supervised is None:
        return {}
    if facts.in_process is not None:
        return {"claims": facts.in_process.claims}
    if facts.function is not None:
        more = {"receiver": facts.function.receiver, "callback": facts.function.callback}
        invoked = {"role": supervised.role, "function": facts.function.alias}
        return {**invoked, **{name: value for name, value in more.items() if value}}
    if facts.work is not None:
        work = facts.work
        return {"role": supervised.role, "queue": work.arn, "url": work.url, "task": work.task}
    return {
        "role": supervised.role,
        "request": supervised.requests[schedule],
        "service": supervised.service,
    }


def places(facts: JobFacts) -> list[str]:
    """Return what the texts of a job's runs name before the id, for runs that are no tasks."""
    function, work, in_process = facts.function, facts.work, facts.in_process
    return [
        *([function.alias] if function else []),
        *([work.arn] if work else []),
        *([in_process.claims] if in_process else []),
    ]


def places_of(order: Mapping[str, Any]) -> list[str]:
    """Return the same for the runs of a tick that began with this order, which its job may no longer have."""
    return [order[name] for name in ("function", "queue", "claims") if name in order]


def instead(
    facts: JobFacts | None, schedule: str, begun: Mapping[str, Any], *, for_good: bool
) -> dict[str, Any] | None:
    """Return the order of a schedule as it is now, if that may be launched and `begun` may not; None otherwise.

    `begun` is the order with which a tick began, whose launch was refused. The launch role may run only what is
    deployed: not another cluster, task definition, function or queue, or a volume of another role. `for_good` is
    whether ECS will always refuse `begun`, for example because the newest revision has no such container; then any
    other order will do. None as well for a job that is deployed or supervised no longer, and where a service decides
    the revision. A tick stays what its limits have it to be: a task, an invocation, or a run that a worker takes.
    """
    if facts is None or facts.supervised is None or schedule not in facts.limits:
        return None
    present = order(facts, schedule)
    if _KINDS & present.keys() != _KINDS & begun.keys():
        return None
    if "request" not in present:
        return present if places_of(present) != places_of(begun) else None
    if present["service"] or begun["service"]:
        return None
    new, old = present["request"], begun["request"]
    return present if (for_good and new != old) or _allowed(new) != _allowed(old) else None


_KINDS = {"request", "function", "queue"}
"""Members of an order, of which each has the one of its kind."""


def _allowed(request: Mapping[str, Any]) -> list[Any]:
    """Return what of RunTask's request the policy of a launch role names."""
    volumes = request.get("VolumeConfigurations") or ()
    roles = [volume["ManagedEBSVolume"]["RoleArn"] for volume in volumes]
    return [request.get("Cluster"), request.get("TaskDefinition"), *roles]


def advance(record: JobRecord, now: datetime, facts: Facts) -> list[Ending]:
    """Take every step of the job's flights that is due; return the flights that ended by it."""
    return progress.advance(record.traffic, seconds(now), gone=_gone(record.job, facts))


def _gone(job: str, facts: Facts) -> str:
    """Return why no further attempt of a job begins; empty if one may, and if its item is unreadable."""
    if job in facts.unreadable:
        return ""
    deployed = facts.jobs.get(job)
    return progress.REMOVED if deployed is None else progress.DIRECT if deployed.supervised is None else ""


def of_task(record: JobRecord, tick: Tick, task: Task) -> Flight | None:
    """Return the flight whose present launch started a task; None for a task of no flight."""
    for one in record.traffic.flights:
        if one.launch is not None and one.key == tick.key and one.launch.task == task.arn:
            return one
    if task.arn.rpartition("/")[2] in tick.runs:
        return None
    for one in record.traffic.flights:
        if one.launch is None or one.launch.task or one.key != tick.key:
            continue
        if task.launch not in (0, one.launch.number):
            continue
        if one.rerun == task.rerun and bool(one.rerun) == task.by_hand:
            return one
    return None


def see(flight: Flight, task: Task) -> None:
    """Note a state of the task of the flight's present launch."""
    launch = flight.launch
    if launch is not None:
        if not launch.task:
            flight.tasks += 1
            flight.not_before = 0
        launch.created = seconds(task.created) if task.created else launch.created
        launch.task, launch.cluster = task.arn, task.cluster
        launch.started = seconds(task.started) if task.started else launch.started


def is_news(record: JobRecord, task: Task) -> bool:
    """Return whether a task has started, and its tick in flight, whose time limit counts from there, does not know."""
    flight = record.traffic.of_task(task.arn)
    launch = flight.launch if flight else None
    return launch is not None and launch.started is None and task.started is not None


def attempt(flight: Flight) -> tuple[int, int]:
    """Return which attempt the present launch is, and how many the tick may have; zeros for one that has no other."""
    if flight.launch is None or not flight.limits.retries:
        return 0, 0
    return flight.launch.attempt, flight.limits.retries + 1


def run_ended(record: JobRecord, flight: Flight, run: Run, now: datetime) -> bool:
    """Note the end of the run of a flight's present launch; return whether a further attempt follows."""
    return progress.run_ended(record.traffic, flight, run.outcome, run.exit_code, seconds(now))


def skipped_for(record: JobRecord, tick: Tick) -> str:
    """Return in words how many ticks were skipped because a tick is in flight; empty for none."""
    count = sum(one.blocked for one in record.traffic.flights if one.key == tick.key)
    return f"{counted(count, 'later tick')} {'was' if count == 1 else 'were'} skipped meanwhile" if count else ""


def stop_reason(class_: str, why: str) -> str:
    """Return the reason with which the supervisor stops a task."""
    return f"{STOP_REASON}{class_}: {why}"


def verdict_of_stop(stop: Stop) -> Verdict:
    """Return what a run's end means that a decision to stop it has brought about, if a worker keeps that decision."""
    reason = stop_reason(stop.class_, stop.why) if stop.class_ == STOPPED else f"{BY_SUPERVISOR}{stop.why}"
    return Verdict(stop.class_, None, reason)


def seconds(instant: datetime) -> int:
    """Return a moment as `supervision` counts it."""
    return int(instant.timestamp())


def was_not_seen_to_start(record: JobRecord, task: Task) -> bool:
    """Return whether a task in flight has started, and the record does not know it."""
    flight = record.traffic.of_task(task.arn)
    return task.started is not None and flight is not None and flight.launch is not None and not flight.launch.started


def is_limited(record: JobRecord, task: str, facts: JobFacts) -> bool:
    """Return whether a run is stopped at a time limit, so that nobody needs to be told before that it takes long.

    A job that says itself how long its runs may take wants to be told.
    """
    flight = record.traffic.of_task(task)
    return flight is not None and flight.limits.timeout is not None and facts.longest_run is None


def is_seen_to_run(record: JobRecord, task: str) -> bool:
    """Return whether the record knows that a run in flight has begun."""
    flight = record.traffic.of_task(task)
    return flight is not None and flight.launch is not None and flight.launch.started is not None


def may_be_queued(record: JobRecord, task: str, now: datetime) -> bool:
    """Return whether a run without a claim may lie in the work queue. The supervisor withdraws it at its limit.

    Nobody can do that any more if the claims were removed with the last job of the stack that workers run.
    """
    flight = record.traffic.of_task(task)
    if flight is None or flight.launch is None or flight.launch.started is not None:
        return False
    return seconds(now) < flight.launch.decided + flight.limits.start_timeout + progress.LAST_MOMENT


def may_be_lost(record: JobRecord, task_id: str, now: datetime) -> bool:
    """Return whether a task that ECS does not know has ended. ECS may not know a young task yet."""
    for one in record.traffic.flights:
        if one.launch is not None and one.launch.task.rpartition("/")[2] == task_id:
            return now - datetime.fromtimestamp(one.launch.decided, now.tzinfo) > timedelta(hours=1)
    return True
