"""EventBridge Scheduler's checks of schedules and schedule groups that moto lacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.scheduler.models import ScheduleGroup, scheduler_backends
from moto.sqs.models import sqs_backends

import cadence
from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam import roles
from emulator.scheduler import universal_target

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT = "default"
"""The schedule group that each account has in each region."""
_OLDEST_START = timedelta(minutes=5)


def install(gateway: Gateway) -> None:
    """Refuse the schedules and schedule groups that AWS refuses."""
    gateway.check("scheduler", "CreateScheduleGroup", check_new_group)
    gateway.check("scheduler", "DeleteScheduleGroup", check_deletion)
    gateway.check("scheduler", "ListSchedules", _check_listed)
    gateway.check("scheduler", "ListTagsForResource", _check_tagged)
    for operation in ("CreateSchedule", "UpdateSchedule"):
        gateway.check("scheduler", operation, check_schedule)
    gateway.answer("scheduler", "UpdateSchedule", _update_schedule)


def check_new_group(call: Call) -> None:
    """Raise ConflictException when there is a schedule group of this name, which moto would empty."""
    name = call.params["Name"]
    if name in scheduler_backends[call.account][call.region].schedule_groups:
        raise AwsError("ConflictException", f"Schedule group {name} already exists.")


def check_deletion(call: Call) -> None:
    """Raise AWS's error for the default group, which nobody can delete, and for a group that does not exist.

    The User Guide ("Deleting a schedule group") forbids to delete the default group, and gives no words of the service.
    """
    name = call.params["Name"]
    if name == _DEFAULT:
        raise AwsError("ValidationException", "The default schedule group cannot be deleted.")
    _group(call, name)


def _check_listed(call: Call) -> None:
    """Raise ResourceNotFoundException for a group that does not exist (ListSchedules, Errors)."""
    if "GroupName" in call.params:
        _group(call, call.params["GroupName"])


def _check_tagged(call: Call) -> None:
    """Raise ResourceNotFoundException for a group that does not exist (ListTagsForResource, Errors)."""
    _group(call, call.params["ResourceArn"].rpartition("/")[2])


def _group(call: Call, name: str) -> ScheduleGroup:
    group: ScheduleGroup | None = scheduler_backends[call.account][call.region].schedule_groups.get(name)
    if group is None:
        raise AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.")
    return group


def check_schedule(call: Call) -> None:
    """Check expression, time zone, dates, target, role and dead-letter queue; raise ValidationException if invalid.

    Raises ResourceNotFoundException when the schedule group does not exist.
    """
    params = call.params
    _check_times(params)
    target = params["Target"]
    universal_target.read(target)
    group = _group(call, params.get("GroupName", _DEFAULT))
    decision = roles.assume_for_schedules(target["RoleArn"], group.arn)
    if not decision.allowed:
        raise AwsError(
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role. "
            + decision.reason,
        )
    queue = target.get("DeadLetterConfig", {}).get("Arn")
    if queue:
        _check_queue(queue, call)


def _update_schedule(call: Call) -> dict[str, Any]:
    """Update a schedule, and reset absent members, where moto keeps the old value or forgets the default."""
    params = call.params
    group = _group(call, params.get("GroupName", _DEFAULT))
    schedule = group.schedules.get(params["Name"])
    if schedule is None:
        raise AwsError("ResourceNotFoundException", f"Schedule {params['Name']} does not exist.")
    changed: dict[str, Any] = {
        "description": params.get("Description"),
        "end_date": _seconds(params.get("EndDate")),
        "flexible_time_window": params["FlexibleTimeWindow"],
        "kms_key_arn": params.get("KmsKeyArn"),
        "schedule_expression": params["ScheduleExpression"],
        "schedule_expression_timezone": params.get("ScheduleExpressionTimezone"),
        "start_date": _seconds(params.get("StartDate")),
        "state": params.get("State", "ENABLED"),
        "target": dict(params["Target"]),
    }
    schedule.update(**changed)
    schedule.action_after_completion = params.get("ActionAfterCompletion", "NONE")
    return {"ScheduleArn": schedule.arn}


def _seconds(value: str | float | datetime | None) -> float | None:
    """Return a timestamp in moto's form, which is seconds."""
    moment = instant(value)
    return None if moment is None else moment.timestamp()


def _check_times(params: Mapping[str, Any]) -> None:
    try:
        cadence.parse(params["ScheduleExpression"])
        cadence.zone(params.get("ScheduleExpressionTimezone") or "UTC")
    except cadence.ExpressionError as error:
        raise AwsError(
            "ValidationException", f"Invalid Schedule Expression {params['ScheduleExpression']}: {error}"
        ) from error
    except cadence.ZoneError as error:
        raise AwsError("ValidationException", f"The timezone is not valid: {error}") from error
    window = params["FlexibleTimeWindow"]
    if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
        raise AwsError(
            "ValidationException",
            "MaximumWindowInMinutes must be set if and only if the FlexibleTimeWindow mode is FLEXIBLE",
        )
    start, end = instant(params.get("StartDate")), instant(params.get("EndDate"))
    if start and start < datetime.now(UTC) - _OLDEST_START:
        raise AwsError("ValidationException", "The StartDate you specify cannot be earlier than 5 minutes ago.")
    if start and end and end <= start:
        raise AwsError("ValidationException", "The EndDate you specify must come after StartDate.")


def _check_queue(arn: str, call: Call) -> None:
    queue = Arn.parse(arn)
    here = queue.service == "sqs" and queue.region == call.region
    known = here and queue.resource in sqs_backends[queue.account][queue.region].queues
    if not known or queue.resource.endswith(".fifo"):
        raise AwsError("ValidationException", f"The dead-letter queue {arn} is not a standard queue of this region.")


def instant(value: str | float | datetime | None) -> datetime | None:
    """Return a timestamp from moto's parser, which is seconds, text or datetime, as a datetime; None for none."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(value), UTC)
