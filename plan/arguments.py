"""Converts the plan into arguments of the components. It makes no decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.job_args import ScheduledJobArgs
from components.job_group import JobGroupArgs
from components.placement import PlacementArgs
from components.watch_args import WatchArgs
from plan import endpoints

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pulumi

    from components.job_group import JobGroup
    from components.place import Place
    from plan.planned_jobs import PlannedJob
    from settings import Settings


def of_group(  # noqa: PLR0913 - what a group is made of
    stack: str,
    config: Settings,
    places: Collection[Place],
    *,
    log_group: str | None,
    clusters: Sequence[str],
    supervised: bool,
    workers: Sequence[str],
    claims: bool,
) -> JobGroupArgs:
    """Return the arguments of a stack's job group, whose jobs have these placements.

    `log_group` is the name of the log group that is made for jobs; None for none. `clusters` are further ones on which
    runs may go on, and `supervised` is whether there is a supervisor. `workers` are the placements whose services take
    runs of a queue, and `claims` is whether processes claim runs that they begin by themselves.
    """
    alerts = config.alerts
    return JobGroupArgs(
        endpoints=endpoints.of(alerts),
        topic_arn=alerts.topic,
        log_group=log_group,
        log_days=config.logs.days,
        tags=config.tags,
        permissions_boundary=config.iam.permissions_boundary,
        kms_key_arn=config.encryption.kms_key,
        supervised=supervised,
        workers=workers,
        claims=claims,
        watch=WatchArgs(
            placements=[place for place in places if isinstance(place, PlacementArgs)],
            function_logs=[one for one in map(_log_group, places) if one != ""],
            clusters=clusters,
            grace=alerts.grace_minutes,
            pending=alerts.pending_minutes,
            quiet=alerts.quiet,
            alert_stops=alerts.stops,
            secret_names=alerts.secret_names,
            retention_days=config.ledger.days,
            retain_ledger=config.ledger.retain,
            rerun=f"python -m ops rerun --stack {stack} {{schedule}} --tick {{tick}}",
        ),
    )


def _log_group(place: Place) -> pulumi.Input[str]:
    """Return the log group of what runs a job in place of a task; empty for a task, and if it is unknown."""
    return "" if isinstance(place, PlacementArgs) else place.log_group


def of_job(item: PlannedJob, group: JobGroup, place: Place) -> ScheduledJobArgs:
    """Return the arguments of a job."""
    job = item.job
    return ScheduledJobArgs(
        group=group,
        placement=place,
        command=job.command,
        schedules=item.schedules,
        owner=job.owner,
        description=job.description,
        runbook=job.runbook,
        severity=job.severity,
        longest_run=job.longest_run,
        launch_retries=job.launch_retries,
    )
