"""The arguments of the watch, and the facts about its jobs that are made from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from components.inputs import computed
from components.schedule import utc_text
from watch.facts import GRACE, RETENTION_DAYS, Facts, JobFacts, ScheduleFacts
from watch.names import schedule_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.placement import PlacementArgs
    from components.schedule import ScheduleArgs


@dataclass(frozen=True, kw_only=True)
class WatchedJob:
    """The values of a job that the watch needs."""

    name: str
    placement: PlacementArgs
    schedules: Sequence[ScheduleArgs]
    owner: str
    runbook: str = ""
    severity: str = "error"
    """`critical`, `error`, `warning` or `info`. Every alert contains it."""
    longest_run: int | None = None
    """Minutes after which a run is an overrun. Default: three times its longest good run."""


@dataclass(frozen=True, kw_only=True)
class WatchArgs:
    """Arguments of the watch of a `JobGroup`."""

    jobs: Sequence[WatchedJob]
    grace: int = GRACE // 60
    """Minutes after a tick's window within which its run may begin. Default: 15, the time of launch retries."""
    quiet: Sequence[str] = ()
    """Classes of alerts that are recorded but not sent."""
    retention_days: int = RETENTION_DAYS
    """How many days the ledger keeps a tick."""
    retain_ledger: bool = False
    """Whether the ledger is kept when the stack is destroyed."""
    rerun: str | None = None
    """The command that runs a tick again, with `{schedule}` and `{tick}`. Default: this project's own command."""


def facts(group: str, args: WatchArgs) -> pulumi.Input[Facts]:
    """Return the facts for the watch of a group. Parts of placements may be unknown before their resources exist."""
    names = [job.name for job in args.jobs]
    return computed(
        lambda found: Facts(
            project=pulumi.get_project(),
            stack=pulumi.get_stack(),
            group=group,
            jobs=dict(zip(names, found, strict=True)),
            rerun=args.rerun or _rerun(),
            grace=args.grace * 60,
            quiet=tuple(args.quiet),
            retention_days=args.retention_days,
        ),
        found=[computed(_job_facts(job), **_parts(job.placement)) for job in args.jobs],
    )


def schedule_facts(schedule: ScheduleArgs) -> ScheduleFacts:
    """Return the facts about a schedule. Whether it is enabled is not a fact: the watch asks AWS."""
    table = schedule.timetable
    return ScheduleFacts(
        expression=str(table.expression),
        timezone=table.timezone,
        start=utc_text(table.start),
        end=utc_text(table.end),
        window=table.window,
    )


def _rerun() -> str:
    return f"python -m ops rerun --stack {pulumi.get_stack()} {{schedule}} --tick {{tick}}"


def _parts(place: PlacementArgs) -> dict[str, Any]:
    return {
        "cluster": place.cluster_arn,
        "task_definition": place.task_definition,
        "container": place.container,
        "passed_roles": place.passed_roles,
    }


def _job_facts(job: WatchedJob) -> Any:  # noqa: ANN401 - a function from the placement's parts
    schedules = {schedule_name(job.name, one.key): schedule_facts(one) for one in job.schedules}

    def facts(**place: Any) -> JobFacts:  # noqa: ANN401 - parts of a placement
        return JobFacts(
            owner=job.owner,
            runbook=job.runbook,
            severity=job.severity,
            longest_run=None if job.longest_run is None else job.longest_run * 60,
            schedules=schedules,
            **{**place, "passed_roles": tuple(sorted(place["passed_roles"]))},
        )

    return facts
