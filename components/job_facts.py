"""The facts of a job, which its item in the ledger holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_facts import definition_name
from components import clock
from components.inputs import computed
from components.schedule import deployed_timetable, utc_text
from watch import job_items
from watch.facts import JobFacts, ScheduleFacts
from watch.names import schedule_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.job_args import ScheduledJobArgs
    from components.schedule import ScheduleArgs


def item(job: str, args: ScheduledJobArgs) -> pulumi.Input[str]:
    """Return the item of a job as DynamoDB's JSON. It is unknown while a part of the placement is unknown."""
    place = args.placement
    schedules = {schedule_name(job, one.key): _schedule_facts(one) for one in args.schedules}
    done_by = {schedule_name(job, one.key): one.done_by for one in args.schedules if one.done_by is not None}

    def written(*, cluster: str, task_definition: str, container: str, passed_roles: Sequence[str]) -> str:
        facts = JobFacts(
            owner=args.owner,
            runbook=args.runbook,
            severity=args.severity,
            container=container,
            cluster=cluster,
            task_definition=definition_name.of(task_definition),
            passed_roles=tuple(sorted(passed_roles)),
            several_words=len(args.command) > 1,
            longest_run=None if args.longest_run is None else args.longest_run * 60,
            done_by=done_by,
            schedules=schedules,
        )
        return json.dumps(job_items.item(job, facts))

    return computed(
        written,
        cluster=place.cluster,
        task_definition=place.task_definition,
        container=place.container,
        passed_roles=place.passed_roles,
    )


def _schedule_facts(schedule: ScheduleArgs) -> ScheduleFacts:
    """Return the facts about a schedule. Whether it is enabled is not a fact: the watch asks AWS."""
    table = deployed_timetable(schedule.timetable, clock.now())
    return ScheduleFacts(
        expression=str(table.expression),
        timezone=table.timezone,
        start=utc_text(table.start),
        end=utc_text(table.end),
        window=table.window,
    )
