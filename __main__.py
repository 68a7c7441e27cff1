"""The Pulumi program: it turns config and job files into a plan, and the plan into resources."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pulumi

import placements
import plan
import settings
from components import JobGroup, ScheduledJob, sdk_cost
from plan import advice, arguments, job_files
from settings import engine

if TYPE_CHECKING:
    from collections.abc import Sequence


async def main() -> None:
    """Check config and job files, then declare the job group and its jobs."""
    sdk_cost.reduce()
    problems = settings.Problems()
    config = settings.parse(engine.read(problems), problems)
    planned = plan.build(config, job_files.load(problems), problems)
    places = placements.fit(planned, await placements.look_up(config.placements, problems), problems)
    try:
        problems.raise_if_any()
    except settings.InvalidInput as invalid:
        raise pulumi.RunError(str(invalid)) from None
    for warning in [*problems.warnings, *advice.advise(planned, datetime.now(UTC))]:
        pulumi.log.warn(str(warning))
    for note in problems.notes:
        pulumi.log.info(str(note))

    group = JobGroup("jobs", arguments.of_group(config, places.values()))
    jobs = []
    for item in planned:
        jobs.append(ScheduledJob(item.job.name, arguments.of_job(item, group, places[item.job.name])))
        await asyncio.sleep(0)  # lets the engine register each job at once, so that the cost is linear in jobs
    await _sum_up(group, jobs)
    pulumi.export("scheduleGroup", group.schedule_group_name)
    pulumi.export("alertTopic", group.topic_arn)
    pulumi.export("deadLetterQueue", group.dead_letter_url)
    pulumi.export("watch", group.watch and group.watch.function_name)
    pulumi.export("ledger", group.watch and group.watch.ledger_name)
    pulumi.export("dashboard", group.watch and group.watch.dashboard_name)


async def _sum_up(group: JobGroup, jobs: Sequence[ScheduledJob]) -> None:
    """Print the number of changed schedules at the end of a preview, after the engine has checked every schedule."""
    if not pulumi.runtime.is_dry_run():
        return
    arns = [arn for job in jobs for arn in job.schedule_arns.values()]
    await asyncio.gather(*[arn.future() for arn in arns])
    pulumi.log.info(group.preview.summary(len(arns)))


pulumi.run(main)
