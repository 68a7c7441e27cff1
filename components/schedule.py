"""A schedule: when a job runs, and its values in EventBridge Scheduler. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import cadence
from holds import wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supervision.limits import Limits

LONGEST_NAME = 64
"""The longest name of a schedule or a schedule group, in characters (Scheduler API reference, CreateSchedule)."""

_LONGEST_DESCRIPTION = 512
_LONGEST_AGE = 900
"""Seconds. A launch that is 15 minutes late is reported rather than made. ECS remembers its token for an hour."""
_AGES = (60, 86400)
"""Seconds: the shortest and the longest (Scheduler API reference, RetryPolicy.MaximumEventAgeInSeconds)."""
MOST_RETRIES = 185
"""Scheduler API reference, RetryPolicy.MaximumRetryAttempts."""


@dataclass(frozen=True, kw_only=True)
class ScheduleArgs:
    """When a job runs, and the values that one schedule overrides."""

    expression: str
    """`cron(...)`, `rate(...)` or `at(...)`, in the form of EventBridge Scheduler."""
    timezone: str = "UTC"
    """The name of a time zone, such as `Europe/Berlin`."""
    start: datetime | None = None
    """The earliest possible tick, with an offset from UTC. A rate counts from it."""
    end: datetime | None = None
    """The latest possible tick, with an offset from UTC."""
    window: int = 0
    """The flexible time window in minutes; 0 for none."""
    key: str = ""
    """The name of the schedule among those of its job. It may be empty if the job has only one schedule."""
    enabled: bool = True
    held: bool = False
    """Whether a hold keeps the schedule disabled for a while. `enabled` is then what it returns to."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """All variables that are added to the container's own. They are stored and shown in clear."""
    cpu: int | None = None
    """Task CPU units instead of the task definition's."""
    memory: int | None = None
    """Task memory in MiB instead of the task definition's."""
    done_by: str | None = None
    """Until when the work of a tick must be done: `06:30` in the time zone, or `90m` after the tick. Needs a watch."""

    pause_after: int | None = None
    """After how many ticks in a row that went wrong a hold keeps the job from running. Needs a watch."""
    limits: Limits | None = None
    """What the group's supervisor keeps for each tick. Default: none of it, and Scheduler launches the job itself."""

    @cached_property
    def timetable(self) -> cadence.Timetable:
        """The ticks. Raises ExpressionError and ZoneError for times that AWS would refuse."""
        return cadence.Timetable(cadence.parse(self.expression), self.timezone, self.start, self.end, self.window)


def description(job_description: str, *, owner: str, enabled: bool) -> str:
    """Return a schedule's description. It begins with the state in config, which is restored after a hold."""
    return wanted.marked(f"{job_description} (owner: {owner})", enabled=enabled)[:_LONGEST_DESCRIPTION]


@dataclass(frozen=True)
class RetryPolicy:
    """How Scheduler repeats a failed launch call."""

    attempts: int
    event_age: int
    """Seconds after the tick. Later, the call is not repeated."""


def retry_policy(timetable: cadence.Timetable, attempts: int) -> RetryPolicy:
    """Return the retry policy: within 15 minutes and, down to one minute, within the smallest gap between two ticks."""
    gap = timetable.smallest_gap()
    age = _LONGEST_AGE if gap is None else min(_LONGEST_AGE, int(gap.total_seconds()))
    return RetryPolicy(attempts=attempts, event_age=_accepted_age(age))


def supervised_retry_policy(limits: Limits) -> RetryPolicy:
    """Return the retry policy of a supervised schedule: until the last moment at which its tick may be launched.

    Only the call that sends the tick to the queue is repeated, which starts nothing, so it is repeated as often as AWS
    allows. The supervisor repeats launches by itself.
    """
    return RetryPolicy(attempts=MOST_RETRIES, event_age=_accepted_age(limits.start_deadline))


def _accepted_age(seconds: int) -> int:
    shortest, longest = _AGES
    return min(max(seconds, shortest), longest)


def start_to_send(start: datetime | None, now: datetime) -> datetime | None:
    """Return a start that is in the future, or else None: AWS refuses a start from more than 5 minutes ago."""
    return start if start is not None and start > now else None


def deployed_timetable(timetable: cadence.Timetable, now: datetime) -> cadence.Timetable:
    """Return the timetable that AWS has after a deployment: a start that has passed is not sent."""
    return replace(timetable, start=start_to_send(timetable.start, now))


def utc_text(instant: datetime | None) -> str | None:
    """Return an instant as text for the provider; None for None."""
    return None if instant is None else instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
