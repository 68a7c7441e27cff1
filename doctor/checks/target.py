"""Checks what a schedule calls: the launch of its own job, and the queue for launches that Scheduler gives up. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_facts import definition_name, universal_target
from aws_facts.universal_target import SCHEDULED_TIME
from doctor.finding import Link, broken, unchecked
from doctor.repair import RESTORE
from judgements.answers import Refused
from watch import run_kinds
from watch.names import task_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from doctor.account import Known
    from doctor.finding import Finding
    from doctor.launch import Launch
    from watch.facts import JobFacts


@dataclass(frozen=True, kw_only=True)
class Target:
    """The target of a schedule of GetSchedule."""

    group: str
    """The schedule group."""
    job: str
    schedule: str
    given: Mapping[str, Any]
    """The target, as GetSchedule describes it."""
    facts: JobFacts
    """The job's item."""
    launch: Launch | None
    """What is launched; None if the target does not say."""
    queue: Known[object] | Refused
    """GetQueueUrl's answer about the dead-letter queue; None for a queue that does not exist, or that is not named."""


def faults(target: Target) -> Iterator[Finding]:
    """Yield what is wrong with a target."""
    jobs = [target.job]
    if different := list(_kind(target)) or list(_differences(target)):
        text = f"somebody has changed its target since it was deployed: {'; '.join(different)}"
        yield broken("target-changed", Link.SCHEDULE, target.schedule, text, RESTORE, jobs)
    yield from _of_queue(target)


def _kind(target: Target) -> Iterator[str]:
    """Yield how a target differs that should ask the supervisor, or launch the task itself."""
    sends, supervised = universal_target.sends_message(target.given["Arn"]), target.facts.supervised
    if sends and supervised is None:
        yield "it sends a message, but the job is not supervised"
    elif supervised and not sends:
        yield "it launches the task itself, but the job is supervised"
    elif supervised:
        if target.given["RoleArn"] != supervised.role:
            yield f"RoleArn is {target.given['RoleArn']}, not {supervised.role}"
        if _tick(target.given.get("Input") or "") != {"schedule": target.schedule, "tick": SCHEDULED_TIME}:
            yield "its message does not name this schedule and the tick"


def _tick(text: str) -> object:
    """Return the tick in the message that an input sends; None if there is none."""
    try:
        return json.loads(json.loads(text)["MessageBody"])
    except (ValueError, TypeError, KeyError):
        return None


def _differences(target: Target) -> Iterator[str]:
    """Yield how the request differs from what is known of it, by which the watch knows the run as the job's."""
    launch = target.launch
    if run_kinds.of(target.facts) != run_kinds.TASK:
        return  # the supervisor has the function or the queue from the item
    if launch is None:
        yield f"it calls {target.given['Arn']} with an input that launches no task"
        return
    wanted = {
        "Cluster": target.facts.cluster,
        "TaskDefinition": definition_name.of(target.facts.task_definition),
        "the container": target.facts.container,
        "Group": task_group(target.group, target.job),
    }
    actual = {
        "Cluster": launch.cluster,
        "TaskDefinition": launch.task_definition,
        "the container": launch.container,
        "Group": str(launch.request.get("Group") or ""),
    }
    for name, value in wanted.items():
        if value and actual[name] != value:
            yield f"{name} is {actual[name] or 'not set'}, not {value}"


def _of_queue(target: Target) -> Iterator[Finding]:
    arn, jobs = (target.given.get("DeadLetterConfig") or {}).get("Arn"), [target.job]
    if arn is None:
        text = "its target has no dead-letter queue, so nobody is told of a launch that Scheduler gives up"
        yield broken("dead-letters-unnamed", Link.SCHEDULE, target.schedule, text, RESTORE, jobs)
    elif isinstance(target.queue, Refused):
        yield unchecked(Link.SCHEDULE, target.schedule, f"whether the queue {arn} exists", target.queue, jobs)
    elif target.queue.value is None:
        text = f"its dead-letter queue {arn} does not exist, so nobody is told of a launch that Scheduler gives up"
        yield broken("dead-letters-gone", Link.SCHEDULE, target.schedule, text, RESTORE, jobs)
