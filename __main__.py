"""The Pulumi program: it turns config and job files into a plan, and the plan into resources."""

from __future__ import annotations

import asyncio
import gc

import pulumi

gc.disable()  # imports make no garbage; `sdk_cost.reduce` goes on collecting it

import kinds
import placements
import plan
import settings
from components import JobGroup, ScheduledJob, clock, provider_modules, sdk_cost
from components.job_group import default_name
from components.own_task_definition import log_group
from plan import advice, arguments, held, job_files, supervised
from settings import engine, regions


async def main() -> None:
    """Check config and job files, then declare the job group and its jobs."""
    sdk_cost.reduce()
    problems = settings.Problems()
    config = settings.parse(engine.read(problems), problems)
    planned = plan.build(config, job_files.load(problems), problems)
    preview, stack, group_name = pulumi.runtime.is_dry_run(), pulumi.get_stack(), default_name()
    running, account = kinds.of(planned, log_group(stack), config.encryption.kms_key), placements.Lookups()
    try:
        if problems.about(regions.KEY):
            problems.raise_if_any()  # before any look-up: with the first one, the stack's state gets the region
        _, _, found, holds, under_way = await asyncio.gather(
            provider_modules.load(builds=kinds.builds(running)),
            kinds.look_up(running, account),
            placements.look_up(account, config, group_name, problems, kinds.needs(running)),
            placements.look_up_holds(group_name, clock.now(), problems, preview=preview),
            placements.look_up_under_way(group_name, planned, problems),
        )
        await kinds.look_closer(running, account, found)
        places = kinds.fit(running, found, problems)
        problems.raise_if_any()
    except settings.InvalidInput as invalid:
        raise pulumi.RunError(str(invalid)) from None
    for warning in [*problems.warnings, *advice.advise(planned, clock.now(), config.alerts.secret_names)]:
        pulumi.log.warn(str(warning))
    told = [*problems.notes, *supervised.notes(planned, clock.now()), *held.notes(planned, holds)]
    for note in told:
        pulumi.log.info(str(note))

    places = placements.make(found, planned, places, group_name, config.tags)
    in_use = places.values()
    args = arguments.of_group(
        stack,
        config,
        in_use,
        log_group=kinds.log_group(running),
        clusters=under_way.clusters,
        supervised=under_way.supervised,
        workers=kinds.workers(running),
        claims=kinds.claims(running) or under_way.claims,
    )
    group = JobGroup("jobs", args)
    jobs = sdk_cost.InFlight()
    for item in held.hold(planned, holds):
        name = item.job.name
        place = running[name].declare(group, places[name])
        await jobs.add(ScheduledJob(name, arguments.of_job(item, group, place)))
    await jobs.finish()
    if preview:
        pulumi.log.info(group.preview.summary(jobs.schedules))
    pulumi.export("scheduleGroup", group.schedule_group_name)
    pulumi.export("alertTopic", group.topic_arn)
    pulumi.export("deadLetterQueue", group.dead_letter_url)
    pulumi.export("watch", group.watch and group.watch.function_name)
    pulumi.export("ledger", group.watch and group.watch.ledger_name)
    pulumi.export("dashboard", group.watch and group.watch.dashboard_name)


pulumi.run(main)
