"""EventBridge Scheduler's universal targets for RunTask and SendMessage, and the placeholder in their input. Pure."""

from __future__ import annotations

_RUN_TASK = ":scheduler:::aws-sdk:ecs:runTask"
_SEND_MESSAGE = ":scheduler:::aws-sdk:sqs:sendMessage"

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""Scheduler replaces this inside a target's input (Scheduler User Guide, "Adding context attributes")."""


def run_task_arn(partition: str) -> str:
    """Return the ARN of the target that calls RunTask (Scheduler User Guide, "Using universal targets")."""
    return f"arn:{partition}{_RUN_TASK}"


def send_message_arn(partition: str) -> str:
    """Return the ARN of the target that sends a message to a queue (Scheduler User Guide, same page)."""
    return f"arn:{partition}{_SEND_MESSAGE}"


def calls_run_task(target_arn: str) -> bool:
    """Return whether a schedule with this target calls RunTask."""
    return target_arn.endswith(_RUN_TASK)


def sends_message(target_arn: str) -> bool:
    """Return whether a schedule with this target sends a message to a queue."""
    return target_arn.endswith(_SEND_MESSAGE)
