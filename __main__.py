"""The program, read top to bottom: config and job files become a plan, the plan becomes resources."""

from __future__ import annotations

import asyncio

import pulumi

import placements
import plan
import settings
from components.job_group import JobGroup, JobGroupArgs
from components.scheduled_job import PlacementArgs, ScheduledJob, ScheduledJobArgs, ScheduleArgs
from jobs import loading
from settings import engine


async def main() -> None:
    """Check everything, then declare the group and its jobs."""
    problems = settings.Problems()
    config = settings.parse(engine.read(problems), problems)
    planned = plan.build(config, loading.load(problems), problems)
    places = placements.fit(planned, await placements.look_up(config.placements, problems), problems)
    try:
        problems.raise_if_any()
    except settings.InvalidInput as invalid:
        raise pulumi.RunError(str(invalid)) from None

    group = JobGroup(
        "jobs",
        JobGroupArgs(
            email=config.alerts.email,
            https=config.alerts.https,
            tags=config.tags,
            permissions_boundary=config.iam.permissions_boundary,
        ),
    )
    for item in planned:
        ScheduledJob(item.job.name, _args(item, group, places[item.job.name]))
        await asyncio.sleep(0)  # the engine takes each job at once, which keeps the cost linear in jobs
    pulumi.export("scheduleGroup", group.schedule_group_name)
    pulumi.export("alertTopic", group.topic_arn)
    pulumi.export("deadLetterQueue", group.dead_letter_url)


def _args(item: plan.PlannedJob, group: JobGroup, place: PlacementArgs) -> ScheduledJobArgs:
    job = item.job
    return ScheduledJobArgs(
        group=group,
        placement=place,
        command=job.command,
        schedules=[ScheduleArgs(**vars(schedule)) for schedule in item.schedules],
        owner=job.owner,
        description=job.description,
        runbook=job.runbook,
        launch_retries=job.launch_retries,
    )


pulumi.run(main)
