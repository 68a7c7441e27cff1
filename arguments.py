"""The plan as arguments of the components: nothing is decided here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.job_group import JobGroupArgs
from components.scheduled_job import PlacementArgs, ScheduleArgs, ScheduledJobArgs
from components.watch_facts import WatchArgs, WatchedJob

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.job_group import JobGroup
    from plan import PlannedJob
    from settings import Settings


def of_group(config: Settings, planned: Sequence[PlannedJob], places: Mapping[str, PlacementArgs]) -> JobGroupArgs:
    """Return the arguments of the stack's group, whose watch knows every job."""
    alerts = config.alerts
    return JobGroupArgs(
        endpoints=alerts.endpoints(),
        topic_arn=alerts.topic,
        tags=config.tags,
        permissions_boundary=config.iam.permissions_boundary,
        watch=WatchArgs(
            jobs=[_watched(item, places[item.job.name]) for item in planned],
            grace=alerts.grace_minutes,
            quiet=alerts.quiet,
            retention_days=config.ledger.days,
            retain_ledger=config.ledger.retain,
        ),
    )


def of_job(item: PlannedJob, group: JobGroup, place: PlacementArgs) -> ScheduledJobArgs:
    """Return the arguments of a job."""
    job = item.job
    return ScheduledJobArgs(
        group=group,
        placement=place,
        command=job.command,
        schedules=_schedules(item),
        owner=job.owner,
        description=job.description,
        runbook=job.runbook,
        launch_retries=job.launch_retries,
    )


def _watched(item: PlannedJob, place: PlacementArgs) -> WatchedJob:
    job = item.job
    return WatchedJob(
        name=job.name,
        placement=place,
        schedules=_schedules(item),
        owner=job.owner,
        runbook=job.runbook,
        severity=job.severity,
        longest_run=job.longest_run,
    )


def _schedules(item: PlannedJob) -> list[ScheduleArgs]:
    return [ScheduleArgs(**vars(schedule)) for schedule in item.schedules]
