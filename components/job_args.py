"""The arguments of a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.function_place import FunctionPlace
from components.work_place import ProcessPlace, WorkPlace

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.job_group import JobGroup
    from components.place import Place
    from components.placement import PlacementArgs
    from components.schedule import ScheduleArgs


@dataclass(frozen=True, kw_only=True)
class ScheduledJobArgs:
    """Arguments of a `ScheduledJob`."""

    group: JobGroup
    placement: Place
    """Where the runs happen: on a cluster, in a function, or in the containers of a service."""
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
        """The function that runs the job; None for a job that does without."""
        return self.placement if isinstance(self.placement, FunctionPlace) else None

    @property
    def work(self) -> WorkPlace | None:
        """The queue of a job that workers take; None for other jobs."""
        return self.placement if isinstance(self.placement, WorkPlace) else None

    @property
    def process(self) -> ProcessPlace | None:
        """The processes that begin the job by themselves; None for other jobs."""
        return self.placement if isinstance(self.placement, ProcessPlace) else None

    @property
    def ready(self) -> Sequence[pulumi.Resource]:
        """What must exist before the job may run."""
        return self.placement.ready if isinstance(self.placement, FunctionPlace | WorkPlace | ProcessPlace) else ()

    @property
    def runs_tasks(self) -> bool:
        """Whether each run is a task of ECS."""
        return self.function is None and self.work is None and self.process is None

    @property
    def place(self) -> PlacementArgs:
        """The placement of a job whose runs are tasks."""
        if isinstance(self.placement, FunctionPlace | WorkPlace | ProcessPlace):
            raise TypeError("the runs of this job are no tasks")
        return self.placement

    @property
    def supervised(self) -> bool:
        """Whether the supervisor of the group launches the job, because a schedule has limits."""
        return any(schedule.limits is not None for schedule in self.schedules)
