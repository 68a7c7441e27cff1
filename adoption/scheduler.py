"""EventBridge Scheduler's schedules with ECS tasks as jobs: templated targets, and universal ones that call RunTask."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import cadence
from adoption import expressions, run_task, targets
from adoption.eventbridge import note_policy
from adoption.found import IS_OFF, Contents, Found, Leftover, Notes
from aws_facts import universal_input
from aws_facts.universal_target import calls_run_task
from cadence.counting import same_cron
from settings import Job
from watch.names import JOB_SCHEDULE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from botocore.model import StructureShape

    from adoption.eventbridge import Definitions

_EXPRESSION = "ScheduleExpression"


def is_task(target_arn: str) -> bool:
    """Return whether a schedule with this target starts an ECS task."""
    return targets.is_cluster(target_arn) or calls_run_task(target_arn)


def read(
    schedules: Sequence[Mapping[str, Any]],
    others: Mapping[str, str],
    definitions: Definitions,
    shape: StructureShape,
    now: datetime,
) -> Contents:
    """Return the jobs of schedules, which are as GetSchedule describes them.

    `others` are the ARNs of schedules whose targets are no tasks, each with its target. `shape` is that of RunTask's
    request. For `definitions` see `eventbridge.read`.
    """
    leftovers = [
        Leftover(arn, "Target", f"is no ECS task but {target}, so it stays where it is")
        for arn, target in others.items()
    ]
    found = []
    for one in schedules:
        note = _notes(one)
        job = _job(one, definitions, shape, note, now)
        if job is None:
            leftovers += note.leftovers
        else:
            found.append(job)
    return Contents(found, leftovers)


def _notes(described: Mapping[str, Any]) -> Notes:
    return Notes(lambda _: str(described["Arn"]))


def _job(
    described: Mapping[str, Any], definitions: Definitions, shape: StructureShape, note: Notes, now: datetime
) -> Found | None:
    target = described["Target"]
    universal = calls_run_task(target["Arn"])

    def of_request(path: str, todo: str) -> None:
        note(_pascal(path) if universal else targets.field(path), todo)

    request = _universal(target.get("Input", ""), shape, note) if universal else targets.request(target, of_request)
    if request is None:
        return None
    if _is_ours(request):
        note("", "is a schedule of this program, so it is left out")
        return None
    if _is_over(described, now):
        note(_EXPRESSION, f"{described[_EXPRESSION]} has passed, so it is left out")
        return None
    fields = run_task.job_fields(request, definitions(str(request.get("taskDefinition", ""))), of_request)
    fields |= note_policy(target.get("RetryPolicy", {}), note)
    place = run_task.placement(request, of_request)
    if target.get("DeadLetterConfig"):
        note("DeadLetterConfig", run_task.DEAD_LETTERS)
    return Found(
        where=str(described["Arn"]),
        kind="schedule",
        job=Job(name=str(described["Name"]), owner="", description=str(described.get("Description") or ""), **fields),
        schedules=dict(_schedule(described, note, now)),
        placement=place,
        leftovers=note.leftovers,
    )


def _universal(text: str, shape: StructureShape, note: Notes) -> dict[str, Any] | None:
    try:
        given = json.loads(text)
        return universal_input.read(given if isinstance(given, dict) else {}, shape)
    except ValueError as error:  # universal_input.InputError is one
        note("Input", f"is no request of RunTask ({error}), so the schedule is left out")
        return None


def _is_ours(request: Mapping[str, Any]) -> bool:
    containers = request.get("overrides", {}).get("containerOverrides", [])
    return any(pair.get("name") == JOB_SCHEDULE for one in containers for pair in one.get("environment", []))


def _is_over(described: Mapping[str, Any], now: datetime) -> bool:
    end = described.get("EndDate")
    if end is not None and end <= now:
        return True
    try:
        read_as = cadence.parse(described[_EXPRESSION])
        zone = cadence.zone(described.get("ScheduleExpressionTimezone") or "UTC")
    except (cadence.ExpressionError, cadence.ZoneError):
        return False
    return isinstance(read_as, cadence.At) and read_as.wall.replace(tzinfo=zone) <= now


def _schedule(described: Mapping[str, Any], note: Notes, now: datetime) -> Iterator[tuple[str, Mapping[str, Any]]]:
    zone = described.get("ScheduleExpressionTimezone") or "UTC"
    entry = expressions.entry(described[_EXPRESSION], zone, note, _EXPRESSION)
    if described.get("KmsKeyArn"):
        note("KmsKeyArn", "is left out; scheduled-jobs:encryption encrypts what the stack has")
    if described.get("ActionAfterCompletion") == "DELETE":
        note(
            "ActionAfterCompletion",
            "is left out: the schedule stays after its last tick, until you remove it from the stack file",
        )
    if entry is None:
        return
    if described.get("State") == "DISABLED":
        note("State", f"is DISABLED: {IS_OFF}")
    window = described.get("FlexibleTimeWindow", {}).get("MaximumWindowInMinutes")
    more: dict[str, Any] = {"window": f"{window} minutes"} if window else {}
    start, end = described.get("StartDate"), described.get("EndDate")
    if "rate" in entry:
        entry = _as_counted(entry, described, note)
    if "at" not in entry:
        more |= {"start": _moment(start)} if start is not None and start > now else {}
        more |= {"end": _moment(end)} if end is not None else {}
    yield "", {**{key: value for key, value in entry.items() if key != "enabled"}, **more, "enabled": False}


def _as_counted(entry: Mapping[str, Any], described: Mapping[str, Any], note: Notes) -> dict[str, Any]:
    """Return the schedule of a rate: the cron with the same ticks, if it counts from a known start and there is one."""
    read_as, start = cadence.parse(described[_EXPRESSION]), described.get("StartDate")
    assert isinstance(read_as, cadence.Rate)  # noqa: S101 - the entry is one
    fields = same_cron(read_as, start) if start is not None else None
    if fields is not None:
        note(_EXPRESSION, f"{read_as} counts from the start, so the schedule is the cron in UTC with the same ticks")
        return {"cron": fields, "timezone": "UTC"}
    note(_EXPRESSION, expressions.other_count(str(read_as)))
    return dict(entry)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _pascal(path: str) -> str:
    return ".".join(["Input", *(part[:1].upper() + part[1:] for part in path.split(".") if part)])
