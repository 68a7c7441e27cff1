"""The reasons for which ECS stops a task (ECS API reference, Task, stopCode). Pure."""

from __future__ import annotations

from enum import StrEnum


class StopCode(StrEnum):
    """The stop codes that AWS documents, and `InfrastructureHealth`, which real tasks have had."""

    ESSENTIAL_CONTAINER_EXITED = "EssentialContainerExited"
    INFRASTRUCTURE_HEALTH = "InfrastructureHealth"
    SERVICE_SCHEDULER_INITIATED = "ServiceSchedulerInitiated"
    SPOT_INTERRUPTION = "SpotInterruption"
    TASK_FAILED_TO_START = "TaskFailedToStart"
    TERMINATION_NOTICE = "TerminationNotice"
    USER_INITIATED = "UserInitiated"


BY_A_PERSON = (StopCode.USER_INITIATED, StopCode.SERVICE_SCHEDULER_INITIATED)
"""Somebody chose to stop the task."""
BY_AWS = (StopCode.SPOT_INTERRUPTION, StopCode.TERMINATION_NOTICE)
"""AWS took the capacity away."""

NEVER_STARTED = ("CannotPull", "CannotCreate", "CannotStart", "ResourceInitializationError")
"""How the reason of a container begins that never ran (ECS Developer Guide, "Stopped tasks error messages")."""
