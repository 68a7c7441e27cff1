"""Plans the deployment of a stack: every job with its schedules and its placement, as arguments of the components."""

from plan.planned_jobs import PlannedJob, build

__all__ = ["PlannedJob", "build"]
