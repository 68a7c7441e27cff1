"""Warnings about a valid plan: dates that have passed, skipped ticks, secrets in clear, crowds, quotas. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import cadence
from cadence.counting import same_cron
from cadence.surprises import surprises
from plan.job_files import file_of
from settings import NAMESPACE, Http, key_path
from watch import instants
from watch.redaction import SECRET_NAMES, is_arn, looks_secret, password_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from components.schedule import ScheduleArgs
    from plan.planned_jobs import PlannedJob

CROWD = 50
"""Launches per minute above which Fargate may throttle (ECS Developer Guide, Fargate throttling quotas)."""
ROLES = 1000
"""The quota of roles per account, unless AWS has raised it (IAM quotas). Each job has one role."""

_YEAR = timedelta(days=365)
_LOOK_AHEAD = timedelta(hours=25)
_TICKS_EACH = 100
"""The most ticks per schedule that are counted for crowds. A schedule with more ticks is in every crowd anyway."""


def advise(jobs: Sequence[PlannedJob], now: datetime, secret_names: Sequence[str] = SECRET_NAMES) -> list[str]:
    """Return the warnings, each with its key path. `secret_names` are patterns of names that look secret."""
    found = [text for job in jobs for text in (*_about_job(job, now), *_secrets(job, secret_names))]
    schedules = [schedule for job in jobs for schedule in job.schedules]
    return [
        *found,
        *_addresses(jobs, secret_names),
        *_old_calendars(schedules, now),
        *_crowds([schedule for job in jobs if job.runner is None for schedule in job.schedules], now),
        *_quotas(len(jobs)),
    ]


def _about_job(job: PlannedJob, now: datetime) -> Iterator[str]:
    ending = _ending(job, now)
    for schedule in job.schedules:
        yield from (f"{_path(job, schedule)}{text}" for text in _about(schedule, ending, now))


def _secrets(job: PlannedJob, patterns: Sequence[str]) -> Iterator[str]:
    """Yield a warning for each variable that seems to hold a secret. The warning does not show the value."""
    places = {
        f"{_place_of(job, schedule, name)}.environment.{name}": why
        for schedule in job.schedules
        for name, value in sorted(schedule.environment.items())
        if (why := _doubt(name, value, patterns, _IN_CLEAR))
    }
    sidecars = job.image.sidecars if job.image else ()
    places |= {
        f"{key_path(f'{file_of(job.job.name)}.image', 'sidecars', index)}.environment.{name}": why
        for index, sidecar in enumerate(sidecars)
        for name, value in sorted(sidecar.environment.items())
        if (why := _doubt(name, value, patterns, _OF_SIDECAR))
    }
    yield from (f"{where}: {why}" for where, why in places.items())


_IN_CLEAR = (
    "ECS and EventBridge Scheduler store and show this value in clear; put it into the task definition's secrets"
)
_OF_SIDECAR = "ECS stores and shows this value in clear; put it into the sidecar's secrets"


def _addresses(jobs: Iterable[PlannedJob], patterns: Sequence[str]) -> Iterator[str]:
    """Yield a warning for each receiver whose address seems to hold a secret. The warning does not show the value."""
    receivers = {job.runner.receiver: job.receiver for job in jobs if isinstance(job.runner, Http) and job.receiver}
    for receiver, found in sorted(receivers.items()):
        where = f"{key_path(f'{NAMESPACE}:receivers', receiver)}.url"
        for name, _ in parse_qsl(urlsplit(found.url).query):
            if looks_secret(name, patterns):
                yield (
                    f"{where}: the name of the parameter '{name}' looks secret. Lambda and the stack's state show this "
                    f"address in clear; let the receiver check the proof that each request has, or leave the name out "
                    f"of {NAMESPACE}:alerts.secretNames"
                )


def _doubt(name: str, value: str, patterns: Sequence[str], clear: str) -> str | None:
    """Return why a variable seems to hold a secret, and what to do (`clear`); None when it does not."""
    if not value or is_arn(value):
        return None
    if looks_secret(name, patterns):
        return f"the name looks secret. {clear}, or leave the name out of {NAMESPACE}:alerts.secretNames"
    return f"the value is an address with a password. {clear}" if password_in(value) else None


def _place_of(job: PlannedJob, schedule: ScheduleArgs, name: str) -> str:
    """Return the job file or the key path that sets a schedule's variable."""
    value = schedule.environment[name]
    if job.job.environment.get(name) == value:
        return file_of(job.job.name)
    shared = all(other.environment.get(name) == value for other in job.schedules)
    return job.where if shared else _path(job, schedule)


def _path(job: PlannedJob, schedule: ScheduleArgs) -> str:
    return key_path(job.where, schedule.key) if schedule.key else job.where


def _ending(job: PlannedJob, now: datetime) -> str:
    """Return what to do with a schedule that is over: delete it, or turn the job off when no schedule would be left."""
    if all(_is_over(schedule.timetable, now) for schedule in job.schedules):
        return f'set {job.where} to "off"'
    return "delete this schedule"


def _is_over(times: cadence.Timetable, now: datetime) -> bool:
    if isinstance(times.expression, cadence.Rate):
        return times.end is not None and times.end <= now
    return next(times.ticks(now), None) is None


def _about(schedule: ScheduleArgs, ending: str, now: datetime) -> Iterator[str]:
    times = schedule.timetable
    if times.end and times.end <= now:
        yield f".end: {_text(times.end)} has passed, so the schedule will not run again; {ending}"
    elif _is_over(times, now):
        yield f": {times.expression} has passed; {ending}"
    elif times.start and isinstance(times.expression, cadence.Rate):
        yield f".start: {_new_count(times.expression, times.start, now)}"
    elif times.start and times.start <= now:
        yield f".start: {_text(times.start)} has passed and is not sent to AWS; delete it"
    if isinstance(times.expression, cadence.Cron):
        yield from (f": {sentence}" for sentence in surprises(times.expression))
    skipped = next(times.skipped(now, now + _YEAR), None) if schedule.enabled else None
    if skipped is not None and not _often(times):
        yield f": does not run at {skipped:%Y-%m-%d %H:%M} {times.timezone}: daylight saving skips that time"
    if schedule.limits is not None and schedule.limits.late == "last":
        yield from _idle_late(schedule.limits.start_deadline, times.smallest_gap())
    gap = times.smallest_gap(after=now) if times.window else None
    if gap is not None and gap < timedelta(minutes=times.window):
        minutes = int(gap.total_seconds() // 60)
        yield (
            f".window: {times.window} minutes is longer than the {minutes} minutes between two ticks, "
            "so runs may start in another order"
        )


def _old_calendars(schedules: Iterable[ScheduleArgs], now: datetime) -> Iterator[str]:
    """Yield a warning for each calendar whose days have all passed, such as the holidays of the last year."""
    ends: dict[str, datetime] = {}
    for closure in {closure for schedule in schedules if schedule.limits for closure in schedule.limits.closed}:
        until = instants.read(closure.until)
        ends[closure.calendar] = max(until, ends.get(closure.calendar, until))
    for calendar, until in sorted(ends.items()):
        if until <= now:
            where = key_path(f"{NAMESPACE}:calendars", calendar)
            yield f"{where}: all of its days have passed, so it skips no further tick; add the next ones, or write []"


def _idle_late(deadline: int, gap: timedelta | None) -> Iterator[str]:
    """Yield a warning about `late` if no second tick can be due while one may still be launched."""
    if gap is None:
        yield ": late 'last' has no effect on a single tick"
    elif deadline <= gap.total_seconds():
        yield (
            f": late 'last' has no effect, since a tick is launched within {instants.length(deadline)} or not at all, "
            f"and the next one comes {instants.length(int(gap.total_seconds()))} later; set a longer startDeadline"
        )


def _new_count(rate: cadence.Rate, start: datetime, now: datetime) -> str:
    """Return what becomes of a rate's ticks after its start, and the cron whose ticks stay, if there is one."""
    fields = same_cron(rate, start)
    cron = f'; to keep its ticks, write {{cron: "{fields}", timezone: UTC}} instead of rate' if fields else ""
    new = "begins a new count"
    if start > now:
        return f"the first deployment after {_text(start)} {new}, since AWS accepts no start in the past{cron}"
    gone = f"{_text(start)} has passed and is not sent to AWS: the first deployment after it {new}"
    return f"{gone}{f'{cron} and start' if cron else '; delete it'}"


def _often(times: cadence.Timetable) -> bool:
    """Return whether the schedule has several ticks per hour, so that a skipped hour needs no warning."""
    gap = times.smallest_gap()
    return gap is not None and gap < timedelta(hours=1)


def _crowds(schedules: Iterable[ScheduleArgs], now: datetime) -> Iterator[str]:
    """Yield a warning for the fullest minute of the next day, if it is too full. A rate's ticks are not known yet."""
    sharp = [s.timetable for s in schedules if s.enabled and not s.timetable.window]
    if len(sharp) <= CROWD:
        return
    until = now + _LOOK_AHEAD
    minutes = Counter(
        tick.replace(second=0) for times in sharp for tick in islice(times.between(now, until), _TICKS_EACH)
    )
    for minute, count in minutes.most_common(1):
        if count > CROWD:
            yield (
                f"{count} jobs start at {minute:%Y-%m-%d %H:%M} UTC; Fargate may throttle above {CROWD} per minute: "
                "spread them over other minutes, or set a window, such as window: 15 minutes"
            )


def _quotas(jobs: int) -> Iterator[str]:
    if jobs > ROLES:
        yield f"{jobs} jobs need {jobs} IAM roles in an account; the quota is {ROLES}, unless AWS has raised it for you"


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S%z}"
