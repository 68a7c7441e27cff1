"""How the programs that are deployed to a sandbox name their things, as the staging of failures must know it."""

from __future__ import annotations

from emulator.staging.faults import Naming
from watch.names import group_and_job, job_of_schedule

WATCH_SUFFIX = "-watch"
"""How the name of a watch function ends."""


def naming() -> Naming:
    """Return this project's names."""
    return Naming(
        job_of_task_group=lambda group: group_and_job(group)[1],
        job_of_schedule=job_of_schedule,
        is_watched=lambda function: function.endswith(WATCH_SUFFIX),
    )
