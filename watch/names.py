"""Names that all parts of this program share: schedules, task groups, and the variables of a run. Pure."""

from __future__ import annotations

JOB_NAME, JOB_SCHEDULE, JOB_SCHEDULED_TIME = "JOB_NAME", "JOB_SCHEDULE", "JOB_SCHEDULED_TIME"
RUN_VARIABLES = (JOB_NAME, JOB_SCHEDULE, JOB_SCHEDULED_TIME)
"""Variables that every run has: its job, its schedule, and its tick in UTC."""

BY_HAND = "ops/rerun"
"""What a task is started by (`startedBy`) when an operator runs a tick again."""


def schedule_name(job: str, key: str) -> str:
    """Return the name of a schedule: the job, and the key when the job has several schedules."""
    return f"{job}.{key}" if key else job


def job_of_schedule(name: str) -> str:
    """Return the job whose schedule has this name."""
    return name.partition(".")[0]


def task_group(group: str, job: str) -> str:
    """Return the name of the ECS task group of a job's tasks. No two stacks on a cluster share one."""
    return f"{group}:{job}"


def group_and_job(task_group: str) -> tuple[str, str]:
    """Return the schedule group and the job of a task group. For a name without a colon the group is empty."""
    group, _, job = task_group.rpartition(":")
    return group, job
