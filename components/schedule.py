"""A schedule: when a job runs, and what EventBridge Scheduler is told of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import cadence

LONGEST_NAME = 64
"""Of a schedule and of a schedule group (Scheduler API reference, CreateSchedule)."""

_LONGEST_DESCRIPTION = 512
_LONGEST_AGE = 900
"""Seconds: a launch that is a quarter of an hour late is better reported than made; ECS keeps its token an hour."""
_SHORTEST_AGE = 60
"""Seconds (Scheduler API reference, RetryPolicy.MaximumEventAgeInSeconds: 60-86400)."""


@dataclass(frozen=True, kw_only=True)
class ScheduleArgs:
    """When a job runs, and what one schedule changes of it."""

    timetable: cadence.Timetable
    """The expression with its time zone, start, end and window."""
    key: str = ""
    """Tells the schedules of one job apart; empty when there is only one."""
    enabled: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    """The whole environment added to the container's; stored and shown in clear."""
    cpu: int | None = None
    """Task CPU units instead of the task definition's."""
    memory: int | None = None
    """Task memory in MiB instead of the task definition's."""


def state(*, enabled: bool) -> str:
    """Write Scheduler's word for it."""
    return "ENABLED" if enabled else "DISABLED"


def description(job_description: str, *, owner: str, enabled: bool) -> str:
    """Describe a schedule; it begins with the state that config wants, so that a pause can be lifted to just that."""
    return f"wanted={state(enabled=enabled)} {job_description} (owner: {owner})"[:_LONGEST_DESCRIPTION]


@dataclass(frozen=True)
class RetryPolicy:
    """How Scheduler repeats a launch call that failed."""

    attempts: int
    event_age: int
    """Seconds after the tick beyond which it is not tried again."""


def retry_policy(timetable: cadence.Timetable, attempts: int) -> RetryPolicy:
    """Retry within a quarter of an hour, and never beyond the smallest distance between two ticks."""
    gap = timetable.smallest_gap()
    age = _LONGEST_AGE if gap is None else min(_LONGEST_AGE, int(gap.total_seconds()))
    return RetryPolicy(attempts=attempts, event_age=max(age, _SHORTEST_AGE))


def start_to_send(start: datetime | None, now: datetime) -> datetime | None:
    """Leave out a start that has passed: AWS takes none from more than 5 minutes ago, not even in an update."""
    return start if start is not None and start > now else None


def utc_text(instant: datetime | None) -> str | None:
    """Write an instant as the provider takes it, or None."""
    return None if instant is None else instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
