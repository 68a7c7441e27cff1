"""Small programs that use only the components, with plain arguments and no config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components import PlacementArgs, ScheduleArgs, ScheduledJob, ScheduledJobArgs
from components.job_group import JobGroup, JobGroupArgs
from components.subscriptions import Endpoint
from tests.components.embedded import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = f"{REGION}:{ACCOUNT}"
CLUSTER = f"arn:aws:ecs:{PLACE}:cluster/staging"
ROLES = [f"arn:aws:iam::{ACCOUNT}:role/task", f"arn:aws:iam::{ACCOUNT}:role/execution"]
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
TAGS = {"team": "data"}
ON_CALL = Endpoint(protocol="email", to="ops@example.com")
PLACEMENT: dict[str, Any] = {
    "cluster_arn": CLUSTER,
    "task_definition": "web",
    "container": "app",
    "passed_roles": ROLES,
    "subnets": ["subnet-0a", "subnet-0b"],
    "security_groups": ["sg-01"],
}
OF_A_PLACEMENT = ("assign_public_ip", "capacity", "log_groups", "service")
"""Further arguments of a placement."""


def schedule(expression: str = "cron(0 2 * * ? *)", **args: Any) -> ScheduleArgs:  # noqa: ANN401
    """Return a schedule in Berlin."""
    return ScheduleArgs(expression=expression, timezone="Europe/Berlin", **args)


def job(group: JobGroup, *schedules: ScheduleArgs, name: str = "nightly-report", **args: Any) -> ScheduledJob:  # noqa: ANN401
    """Declare a job; by default it has one daily schedule."""
    place = {key: args.pop(key) for key in (*PLACEMENT, *OF_A_PLACEMENT) if key in args}
    known = {
        "group": group,
        "placement": PlacementArgs(**{**PLACEMENT, **place}),
        "command": ["python", "manage.py", "build_report"],
        "schedules": schedules or [schedule()],
        "owner": "data",
        "description": "Sum up orders",
        "runbook": "https://wiki.example.com/nightly-report",
    }
    return ScheduledJob(name, ScheduledJobArgs(**{**known, **args}))


def group(**args: Any) -> JobGroup:  # noqa: ANN401
    """Declare the stack's job group."""
    return JobGroup("jobs", JobGroupArgs(**{"tags": TAGS, **args}))


def program(
    *schedules: ScheduleArgs,
    group_args: dict[str, Any] | None = None,
    **args: Any,  # noqa: ANN401
) -> Callable[[], ScheduledJob]:
    """Return a program that declares a group and one job."""
    return lambda: job(group(**(group_args or {})), *schedules, **args)
