"""The arguments of a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.function_place import FunctionPlace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.job_group import JobGroup
    from components.placement import PlacementArgs
    from components.schedule import ScheduleArgs


@dataclass(frozen=True, kw_only=True)
class ScheduledJobArgs:
    """Arguments of a `ScheduledJob`."""

    group: JobGroup
    placement: PlacementArgs | FunctionPlace
    """Where the runs happen: on a cluster, or in a function."""
    schedules: Sequence[ScheduleArgs]
    owner: str
    command: Sequence[str] | None = None
    """The argument vector that replaces the container's command. Default: the container runs its own."""
    description: str = ""
    runbook: str = ""
    severity: str = "error"
    """`critical`, `error`, `warning` or `info`. Every alert of the watch contains it."""
    longest_run: int | None = None
    """Minutes after which the watch reports a run. Default: three times what its good runs usually take."""
    launch_retries: int = 3
    """How often a failed launch call is repeated. For a supervised job, its `Limits` say it."""

    @property
    def function(self) -> FunctionPlace | None:
        """The function that runs the job; None for a job that runs in a container."""
        return self.placement if isinstance(self.placement, FunctionPlace) else None

    @property
    def place(self) -> PlacementArgs:
        """The placement of a job that runs in a container."""
        if isinstance(self.placement, FunctionPlace):
            raise TypeError("a function has no placement")
        return self.placement

    @property
    def supervised(self) -> bool:
        """Whether the supervisor of the group launches the job, because a schedule has limits."""
        return any(schedule.limits is not None for schedule in self.schedules)
