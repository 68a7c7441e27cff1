"""EventBridge Scheduler's universal target for RunTask, and the placeholder in its input. Pure."""

from __future__ import annotations

_RUN_TASK = ":scheduler:::aws-sdk:ecs:runTask"

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""Scheduler replaces this inside a target's input (Scheduler User Guide, "Adding context attributes")."""


def run_task_arn(partition: str) -> str:
    """Return the ARN of the target that calls RunTask (Scheduler User Guide, "Using universal targets")."""
    return f"arn:{partition}{_RUN_TASK}"


def calls_run_task(target_arn: str) -> bool:
    """Return whether a schedule with this target calls RunTask."""
    return target_arn.endswith(_RUN_TASK)
