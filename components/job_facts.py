"""The facts of a job, which its item in the ledger holds."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pulumi

from aws_facts import definition_name
from components import clock
from components.inputs import computed
from components.schedule import deployed_timetable, utc_text
from watch import job_items
from watch.facts import InProcess, InvokedFunction, JobFacts, ScheduleFacts, Supervised, WorkQueue
from watch.names import schedule_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.job_args import ScheduledJobArgs
    from components.schedule import ScheduleArgs
    from supervision.limits import Limits


LONGEST_ITEM = 400 * 1024
"""Bytes of an item, with the names of its attributes (DynamoDB Developer Guide, "Quotas", item size)."""
_LONGEST_ROLE = 2048
"""Characters of an ARN (IAM API reference, arnType), which a preview of a new job does not know yet."""


@dataclass(frozen=True, kw_only=True)
class SupervisedArgs:
    """What only the item of a supervised job has."""

    role: pulumi.Input[str]
    """The ARN of the launch role."""
    requests: Mapping[str, pulumi.Input[dict[str, Any]]]
    """By schedule, the RunTask request; empty for a job whose runs are no tasks."""
    service: pulumi.Input[str] | None
    """The name of the service whose revision a schedule runs; None if no schedule does."""


def item(job: str, args: ScheduledJobArgs, supervised: SupervisedArgs | None = None) -> pulumi.Input[str]:
    """Return the item of a job as DynamoDB's JSON. It is unknown while a part of the placement is unknown.

    RunError if the item of a supervised job would be too large for DynamoDB.
    """
    place = _place(args)
    if supervised is None:
        return computed(lambda **known: _written(job, _facts(job, args, **known)), **place)
    facts = computed(
        lambda requests, service, **known: _supervised_facts(requests, service, _facts(job, args, **known)),
        requests=supervised.requests,
        service=supervised.service,
        **place,
    )
    checked = computed(partial(_fitting, job), facts=facts)
    return computed(partial(_written, job), facts=checked, role=supervised.role)


def _place(args: ScheduledJobArgs) -> dict[str, Any]:
    """Return what the facts have of the place, by their fields."""
    if args.function is not None:
        return {
            "alias_arn": args.function.alias_arn,
            "log_group": args.function.log_group,
            "callback": args.function.callback,
        }
    if args.work is not None:
        work = args.work
        known = {name: getattr(work, name) for name in ("queue_arn", "queue_url", "claims", "log_group")}
        return known | {"task_role": work.role}
    if args.process is not None:
        process = args.process
        return {"claims": process.claims_arn, "log_group": process.log_group, "task_role": process.role}
    return {
        "cluster": args.place.cluster,
        "task_definition": args.place.task_definition,
        "container": args.place.container,
        "passed_roles": args.place.passed_roles,
    }


def pause_after(job: str, args: ScheduledJobArgs) -> dict[str, int]:
    """Return by schedule after how many ticks in a row that went wrong the job is paused."""
    named = {schedule_name(job, one.key): one.pause_after for one in args.schedules}
    return {name: count for name, count in named.items() if count is not None}


def _facts(  # noqa: PLR0913 - the parts of a placement
    job: str,
    args: ScheduledJobArgs,
    *,
    cluster: str = "",
    task_definition: str = "",
    container: str = "",
    passed_roles: Sequence[str] = (),
    alias_arn: str = "",
    queue_arn: str = "",
    queue_url: str = "",
    claims: str = "",
    log_group: str = "",
    task_role: str = "",
    callback: str = "",
) -> JobFacts:
    schedules = {schedule_name(job, one.key): one for one in args.schedules}
    return JobFacts(
        owner=args.owner,
        runbook=args.runbook,
        severity=args.severity,
        container=container,
        cluster=cluster,
        task_definition=definition_name.of(task_definition),
        passed_roles=tuple(sorted(passed_roles)),
        several_words=len(args.command or ()) > 1,
        own_command=args.command is None and args.runs_tasks,
        longest_run=None if args.longest_run is None else args.longest_run * 60,
        done_by={name: one.done_by for name, one in schedules.items() if one.done_by is not None},
        pause_after=pause_after(job, args),
        schedules={name: _schedule_facts(one) for name, one in schedules.items()},
        limits={name: _limits(one.limits, args) for name, one in schedules.items() if one.limits is not None},
        function=None
        if args.function is None
        else InvokedFunction(alias=alias_arn, log_group=log_group, receiver=args.function.receiver, callback=callback),
        work=WorkQueue(
            arn=queue_arn, url=queue_url, task=args.work.task, claims=claims, log_group=log_group, role=task_role
        )
        if args.work is not None
        else None,
        in_process=InProcess(claims=claims, log_group=log_group, role=task_role, store=args.process.store)
        if args.process is not None
        else None,
    )


def _limits(limits: Limits, args: ScheduledJobArgs) -> Limits:
    """Return the limits of a schedule, with who begins its runs. Lambda alone keeps the time limit of a function."""
    if args.work is not None or args.process is not None:
        return replace(limits, taken_by="process" if args.work is None else "worker")
    if args.function is None:
        return limits
    return replace(limits, timeout=None, ends_within=args.function.ends_within)


def _supervised_facts(requests: Mapping[str, dict[str, Any]], service: str | None, facts: JobFacts) -> JobFacts:
    followed = {} if service is None else {"cluster": facts.cluster, "service": service}
    return replace(facts, supervised=Supervised(role="", requests=requests, service=followed))


def _fitting(job: str, facts: JobFacts) -> JobFacts:
    """Return the facts of a supervised job; RunError if its item would be too large with the longest role."""
    item_in_bytes = sum(len((name + text["S"]).encode()) for name, text in job_items.item(job, facts).items())
    size = item_in_bytes + _LONGEST_ROLE
    if size > LONGEST_ITEM:
        raise pulumi.RunError(
            f"the job '{job}' is supervised, so its item in the ledger has the requests of all its schedules; with "
            f"{len(facts.schedules)} schedules it needs {size} bytes, and DynamoDB takes {LONGEST_ITEM}. Shorten the "
            "command or the environment, or divide the schedules among several jobs"
        )
    return facts


def _written(job: str, facts: JobFacts, role: str = "") -> str:
    """Return the item as DynamoDB's JSON, with the launch role of a supervised job."""
    supervised = facts.supervised and replace(facts.supervised, role=role)
    return json.dumps(job_items.item(job, replace(facts, supervised=supervised)))


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
