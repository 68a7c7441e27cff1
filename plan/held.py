"""Tells in a preview and a deployment which holds keep schedules disabled. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from holds.hold import NO_END
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from holds.hold import Hold
    from holds.standing import Standing
    from plan.planned_jobs import PlannedJob


def hold(planned: Sequence[PlannedJob], standing: Standing) -> list[PlannedJob]:
    """Return the planned jobs, in which the schedules of held jobs are held."""
    return [_held(item) if standing.keeping(item.job.name, item.job.owner) else item for item in planned]


def _held(item: PlannedJob) -> PlannedJob:
    return replace(item, schedules=tuple(replace(schedule, held=True) for schedule in item.schedules))


def notes(planned: Sequence[PlannedJob], standing: Standing) -> Iterator[str]:
    """Yield a line for each hold that is in force or still to come."""
    for one in standing.holds:
        if not one.is_over(standing.now):
            covered = [item for item in planned if one.covers(item.job.name, item.job.owner)]
            schedules = sum(schedule.enabled for item in covered for schedule in item.schedules)
            yield f"{_words(one, standing.now)}: {counted(schedules, 'schedule')} disabled meanwhile"


def _words(one: Hold, now: datetime) -> str:
    coming = "" if one.is_in_force(now) else f"from {one.begin:%Y-%m-%d %H:%M} UTC "
    until = f"{one.until:%Y-%m-%d %H:%M} UTC" if one.until else NO_END
    return f"hold {one.id} on {one.scope}, {coming}until {until}, by {one.by} ({one.reason})"
