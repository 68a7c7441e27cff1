"""Asks about the schedules of the examined jobs, and about what they call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doctor import launch
from doctor.account import Known
from doctor.checks.schedule import Schedules, WantedSchedule
from doctor.checks.target import Target
from holds.standing import Standing
from judgements.answers import Refused
from watch.names import job_of_schedule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from doctor.account import Account
    from doctor.stack import Stack
    from watch.facts import JobFacts


def read(account: Account, stack: Stack) -> Schedules:
    """Return the schedules of the jobs' items, and the strays."""
    described = {name: _value(answer) for name, answer in stack.schedules.items()}
    queues = account.each(filter(None, map(_queue_arn, described.values())), account.queue_url)
    found = []
    for job, facts in sorted(stack.jobs.items()):
        for name, wanted in sorted(facts.schedules.items()):
            record = stack.records.get(job)
            of_record = record.schedules.get(name) if record else None
            limits = facts.limits.get(name)
            found.append(
                WantedSchedule(
                    name=name,
                    wanted=wanted,
                    answer=stack.schedules[name],
                    target=_target(stack, job, facts, described[name], queues),
                    held=_held(stack, job, facts),
                    closed=limits.closed if limits else (),
                    last_good=of_record.last_good if of_record else None,
                    goes_on=stack.goes_on(job, name),
                )
            )
    return Schedules(
        group=stack.group,
        listed=stack.deployed,
        strays=_strays(stack),
        unreadable=stack.unreadable,
        schedules=found,
        now=stack.now,
    )


def _target(
    stack: Stack,
    job: str,
    facts: JobFacts,
    described: Mapping[str, Any] | None,
    queues: Mapping[str, Known[object] | Refused],
) -> Target | None:
    if described is None:
        return None
    arn = _queue_arn(described)
    return Target(
        group=stack.group,
        job=job,
        schedule=described["Name"],
        given=described["Target"],
        facts=facts,
        launch=launch.of(job, facts, described),
        queue=queues[arn] if arn else Known(None),
    )


def _queue_arn(described: Mapping[str, Any] | None) -> str | None:
    return ((described or {}).get("Target", {}).get("DeadLetterConfig") or {}).get("Arn")


def _held(stack: Stack, job: str, facts: JobFacts) -> bool | Refused:
    if isinstance(stack.holds, Refused):
        return stack.holds
    return Standing(stack.holds.value, stack.now).keeping(job, facts.owner) is not None


def _strays(stack: Stack) -> Sequence[str]:
    """Return the enabled schedules that no item names. Those of an unreadable item may be named by it."""
    if isinstance(stack.deployed, Refused) or stack.deployed.value is None:
        return []
    named = {name for facts in stack.jobs.values() for name in facts.schedules}
    return sorted(
        name
        for name, one in stack.deployed.value.items()
        if one.enabled
        and name not in named
        and job_of_schedule(name) not in stack.unreadable
        and (stack.whole or job_of_schedule(name) in stack.jobs)
    )


def _value(answer: Known[Mapping[str, Any] | None] | Refused) -> Mapping[str, Any] | None:
    return answer.value if isinstance(answer, Known) else None
