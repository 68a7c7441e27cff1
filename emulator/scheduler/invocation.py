"""A call that Scheduler makes: its input, its execution id, and the attributes of its dead letter."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moto.scheduler.models import Schedule

    from emulator.gateway.gateway import AwsError


@dataclass(frozen=True, order=True)
class Invocation:
    """A call that Scheduler has to make."""

    at: datetime
    schedule_arn: str
    tick: datetime
    attempt: int = 0


def input_text(schedule: Schedule, invocation: Invocation) -> str:
    """Return the target's input with its context attributes, which are written with literal `<` and `>`, replaced."""
    text = schedule.target.get("Input") or "{}"
    for name, value in (
        ("scheduled-time", iso_text(invocation.tick)),
        ("schedule-arn", schedule.arn),
        ("execution-id", _execution_id(schedule, invocation)),
        ("attempt-number", str(invocation.attempt + 1)),
    ):
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def dead_letter_attributes(
    schedule: Schedule, invocation: Invocation, error: AwsError, exhausted: str | None
) -> dict[str, str]:
    """Return the message attributes that describe the failure (Scheduler User Guide, dead-letter queues)."""
    attributes = {
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": error.message,
        "EXECUTION_ID": _execution_id(schedule, invocation),
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(invocation.attempt),
        "SCHEDULED_TIME": iso_text(invocation.tick),
        "SCHEDULE_ARN": schedule.arn,
        "TARGET_ARN": schedule.target["Arn"],
    }
    if exhausted:
        attributes["EXHAUSTED_RETRY_CONDITION"] = exhausted
    return attributes


def _execution_id(schedule: Schedule, invocation: Invocation) -> str:
    seed = f"{schedule.arn}/{iso_text(invocation.tick)}/{invocation.attempt}"
    return str(uuid.uuid5(uuid.NAMESPACE_URL, seed))


def iso_text(instant: datetime) -> str:
    """Return an instant as text in AWS's format."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
