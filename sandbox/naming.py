"""Names in the programs that are deployed to a sandbox; staged failures are matched by them."""

from __future__ import annotations

from emulator.fault_injection.faults import Naming
from watch.names import group_and_job, job_of_schedule

WATCH_SUFFIX = "-watch"
"""The end of a watch function's name."""


def naming() -> Naming:
    """Return the naming rules of this project."""
    return Naming(
        job_of_task_group=lambda group: group_and_job(group)[1],
        job_of_schedule=job_of_schedule,
        is_watched=lambda function: function.endswith(WATCH_SUFFIX),
    )
