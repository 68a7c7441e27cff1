"""The reasons for which ECS stops a task (ECS API reference, Task, stopCode). Pure."""

from __future__ import annotations

from enum import StrEnum


class StopCode(StrEnum):
    """All stop codes (ECS API reference, Task, stopCode). A task may also have none."""

    ESSENTIAL_CONTAINER_EXITED = "EssentialContainerExited"
    INFRASTRUCTURE_HEALTH = "InfrastructureHealth"
    SERVICE_SCHEDULER_INITIATED = "ServiceSchedulerInitiated"
    SPOT_INTERRUPTION = "SpotInterruption"
    TASK_FAILED_TO_START = "TaskFailedToStart"
    TERMINATION_NOTICE = "TerminationNotice"
    USER_INITIATED = "UserInitiated"


ESSENTIAL_CONTAINER_EXITED = "Essential container in task exited"
"""The reason that goes with the stop code of this name."""

BY_ITSELF = (StopCode.ESSENTIAL_CONTAINER_EXITED, StopCode.TASK_FAILED_TO_START)
"""Nobody stopped the task: its containers ended, or did not start."""
BY_A_PERSON = (StopCode.USER_INITIATED, StopCode.SERVICE_SCHEDULER_INITIATED)
"""Somebody chose to stop the task."""
BY_AWS = (StopCode.SPOT_INTERRUPTION, StopCode.TERMINATION_NOTICE, StopCode.INFRASTRUCTURE_HEALTH)
"""AWS took the capacity away."""
MAINTENANCE = "ECS is performing maintenance on the underlying infrastructure hosting the task"
"""In the reason of a task that Fargate retired (ECS Developer Guide, "Task retirement and maintenance")."""
DRAINING = "Task stopped during instance draining"
"""The reason of a task whose managed instance AWS replaces (AWS Batch User Guide, "Instance draining")."""
LOST_HOST = "Host EC2 (instance "
"""How the reason of a task begins whose EC2 instance was terminated or stopped, on Spot or by a scale-in (ECS Developer
Guide, "Stopped tasks error messages", Host EC2 (instance id) stopped/terminated)."""
DEREGISTERED = "Container instance deregistration forced by user"
"""The reason of a task whose container instance left the cluster (same page). AWS forces that itself when a managed
instance has drained for a week (ECS Developer Guide, "Draining Amazon ECS container instances")."""
_BY_AWS = (MAINTENANCE, DRAINING, LOST_HOST, DEREGISTERED)
_STEP_FUNCTIONS = "The Task state in AWS Step Functions execution ["
_ABORTED = "] which was managing this resource was aborted"

NEVER_STARTED = ("CannotPull", "CannotCreate", "CannotStart", "ResourceInitializationError")
"""How the reason of a container begins that never ran (ECS Developer Guide, "Stopped tasks error messages")."""


def is_by_aws(code: str, reason: str) -> bool:
    """Return whether the capacity under the task was taken away. AWS's sentences count with any stop code, or none."""
    return code in BY_AWS or any(words in reason for words in _BY_AWS)


def is_by_step_functions(reason: str) -> bool:
    """Return whether Step Functions stopped the task because its execution timed out, failed or was aborted.

    Step Functions calls StopTask with this sentence, so the stop code is a person's (as recorded in open issues).
    """
    return reason.startswith(_STEP_FUNCTIONS) and _ABORTED in reason
