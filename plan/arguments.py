"""Converts the plan into arguments of the components. It makes no decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.job_args import ScheduledJobArgs
from components.job_group import JobGroupArgs
from components.subscriptions import Endpoint
from components.watch_args import WatchArgs
from settings.endpoints import address_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from components.job_group import JobGroup
    from components.placement import PlacementArgs
    from plan.planned_jobs import PlannedJob
    from settings import Settings
    from settings.endpoints import AnyEndpoint


def of_group(
    stack: str, config: Settings, places: Collection[PlacementArgs], *, supervised_on: Sequence[str] | None
) -> JobGroupArgs:
    """Return the arguments of a stack's job group, whose jobs have these placements.

    `supervised_on` are clusters that the supervisor needs for runs under way; None for no supervisor.
    """
    alerts = config.alerts
    return JobGroupArgs(
        endpoints=[endpoint(protocol, given) for protocol, given in alerts.endpoints()],
        topic_arn=alerts.topic,
        tags=config.tags,
        permissions_boundary=config.iam.permissions_boundary,
        kms_key_arn=config.encryption.kms_key,
        supervised=supervised_on is not None,
        watch=WatchArgs(
            placements=list(places),
            clusters=supervised_on or (),
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


def endpoint(protocol: str, given: AnyEndpoint) -> Endpoint:
    """Return an endpoint of config as an `Endpoint`."""
    address = address_of(given)
    if protocol == "https":
        protocol = address.partition(":")[0]  # plain http on loopback
    if isinstance(given, str):
        return Endpoint(protocol=protocol, to=address)
    return Endpoint(
        protocol=protocol,
        to=address,
        classes=given.classes or (),
        owners=given.owners or (),
        jobs=given.jobs or (),
        severities=given.severities or (),
    )


def of_job(item: PlannedJob, group: JobGroup, place: PlacementArgs) -> ScheduledJobArgs:
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
