"""The RunTask request of a job's schedule, made from the job's arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pulumi

from components import run_task_request
from components.inputs import computed
from watch.names import GROUP_TAG, started_by, task_group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from components.job_args import ScheduledJobArgs
    from components.placement import PlacementArgs
    from components.schedule import ScheduleArgs

T = TypeVar("T")


def request(
    job: str,
    name: str,
    args: ScheduledJobArgs,
    schedule: ScheduleArgs,
    written: Callable[[dict[str, Any]], T],
) -> pulumi.Input[T]:
    """Return what `written` makes of the request. It is unknown while a part of the placement is unknown.

    `name` is the schedule's. The placeholder for the tick stays in the request.
    """
    placement, group = args.place, args.group.name
    token = run_task_request.client_token(pulumi.get_project(), pulumi.get_stack(), name)

    def made(  # noqa: PLR0913 - the parts of a placement
        *,
        cluster_arn: str,
        task_definition: str,
        container: str,
        subnets: Sequence[str],
        security_groups: Sequence[str],
        volume: Mapping[str, Any] | None,
    ) -> T:
        return written(
            run_task_request.run_task_request(
                cluster=cluster_arn,
                task_definition=task_definition,
                task_group=task_group(group, job),
                client_token=token,
                network=run_task_request.network_configuration(
                    subnets, security_groups, assign_public_ip=placement.assign_public_ip
                ),
                capacity=run_task_request.capacity(placement.capacity),
                container_override=run_task_request.container_override(
                    container, args.command, schedule.environment, job=job, schedule=name
                ),
                task_override=run_task_request.task_override(schedule.cpu, schedule.memory),
                started_by=started_by(group, job) if args.supervised else None,
                tags=_tags_of_tasks(job, args),
                volume=volume,
            )
        )

    return computed(
        made,
        cluster_arn=placement.cluster,
        task_definition=placement.task_definition,
        container=placement.container,
        subnets=placement.subnets,
        security_groups=placement.security_groups,
        volume=_volume(placement),
    )


def tags(job: str, args: ScheduledJobArgs) -> Mapping[str, str]:
    """Return the tags of a job's resources."""
    return {**args.group.args.tags, "job": job, "owner": args.owner}


def _tags_of_tasks(job: str, args: ScheduledJobArgs) -> Mapping[str, str]:
    """Return the tags of a job's tasks. The supervisor may stop a task that has its group's tag."""
    own = tags(job, args)
    return {**own, GROUP_TAG: args.group.name} if args.supervised else own


def _volume(placement: PlacementArgs) -> pulumi.Input[Mapping[str, Any]] | None:
    """Return the configuration of the volume that the task definition configures at launch; None without one."""
    volume = placement.volume
    if volume is None:
        return None

    def made(*, role: str) -> Mapping[str, Any]:
        return run_task_request.volume_configuration(volume.name, role, volume.settings)

    return computed(made, role=volume.role)
