"""EventBridge's scheduled rules with ECS targets as jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adoption import expressions, run_task, targets
from adoption.found import IS_OFF, Contents, Found, Leftover, Notes
from settings import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Definitions = Callable[[str], Mapping[str, Any] | None]

MOST_RETRIES = 185
"""The largest MaximumRetryAttempts, and what a target has without one (EventBridge API reference, RetryPolicy)."""
_LOST = {
    "InputPath": "is left out: it selects a part of the event; write the command of the job",
    "InputTransformer": "is left out: it writes the overrides from the event; write command and variables of the job, "
    "which finds the time of its tick in JOB_SCHEDULED_TIME",
    "DeadLetterConfig": run_task.DEAD_LETTERS,
}


@dataclass(frozen=True)
class Rule:
    """A rule as ListRules has it, with its targets as ListTargetsByRule has them."""

    rule: Mapping[str, Any]
    targets: Sequence[Mapping[str, Any]]


def read(rules: Sequence[Rule], definitions: Definitions) -> Contents:
    """Return the jobs of scheduled rules. `definitions` returns a task definition; None when it cannot be read."""
    found, leftovers = [], []
    for one in rules:
        arn = one.rule["Arn"]
        tasks = [target for target in one.targets if targets.is_cluster(target["Arn"]) and "EcsParameters" in target]
        leftovers += [
            Leftover(arn, f"target {target['Id']}", f"is no ECS task but {target['Arn']}, so it stays where it is")
            for target in one.targets
            if target not in tasks
        ]
        if not one.targets:
            leftovers.append(Leftover(arn, "", "has no target, so there is nothing to adopt"))
        found += [_job(one.rule, target, definitions, alone=len(tasks) == 1) for target in tasks]
    return Contents(found, leftovers)


def note_policy(policy: Mapping[str, int], note: Callable[[str, str], None]) -> dict[str, int]:
    """Return the job's field of a target's RetryPolicy. Without one, AWS repeats a launch for a day."""
    age = policy.get("MaximumEventAgeInSeconds")
    if age is not None:
        note(
            "RetryPolicy.MaximumEventAgeInSeconds",
            f"is {age}; launches are repeated for 15 minutes, or until start_deadline",
        )
    retries = policy.get("MaximumRetryAttempts", MOST_RETRIES)
    return {"launch_retries": retries} if retries != MOST_RETRIES else {}


def _job(rule: Mapping[str, Any], target: Mapping[str, Any], definitions: Definitions, *, alone: bool) -> Found:
    note = Notes(lambda _: str(rule["Arn"]))
    name = str(rule["Name"])

    def of_request(path: str, todo: str) -> None:
        note(targets.field(path), todo)

    request = targets.request(target, of_request)
    fields = run_task.job_fields(request, definitions(str(request.get("taskDefinition", ""))), of_request)
    fields |= note_policy(target.get("RetryPolicy", {}), note)
    place = run_task.placement(request, of_request)
    for member, todo in _LOST.items():
        if target.get(member):
            note(member, todo)
    if rule.get("EventPattern"):
        note("EventPattern", "is left out: the rule also runs on events, and a schedule does not")
    if rule.get("State") == "DISABLED":
        note("State", f"is DISABLED: {IS_OFF}")
    if not alone:
        note("", f"has several ECS targets, of which each becomes a job; this one is the target {target['Id']}")
    return Found(
        where=str(rule["Arn"]),
        kind="EventBridge rule",
        job=Job(
            name=name if alone else f"{name}-{target['Id']}",
            owner="",
            description=str(rule.get("Description") or ""),
            **fields,
        ),
        schedules=expressions.of_rule(str(rule["ScheduleExpression"]), note, "ScheduleExpression"),
        placement=place,
        leftovers=note.leftovers,
    )
