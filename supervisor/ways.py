"""What runs a job decides how the supervisor launches, describes and stops its runs: one class for each way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from supervisor import function_runs, task_runs, work_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from supervision.flights import Flight, Launch, Stop
    from supervisor.launch_answers import Refusal
    from watch.watcher import Watcher


class Calls(task_runs.Calls, function_runs.Calls, work_runs.Calls, Protocol):
    """The calls to the account of all ways."""


class Launching(Protocol):
    """Launches a run for the present launch of a flight."""

    def launch(self, watch: Watcher, flight: Flight, launch: Launch, order: Mapping[str, Any]) -> Refusal | None:
        """Launch a run and record it; return why there is none."""


class Keeping(Launching, Protocol):
    """Keeps limits too, of runs that can be stopped."""

    def describe(self, watch: Watcher, flight: Flight, launch: Launch) -> bool:
        """Record how the run is; return whether it is over."""

    def stop(self, watch: Watcher, flight: Flight, launch: Launch, stop: Stop) -> None:
        """Stop the run."""


@dataclass(frozen=True)
class Ways:
    """All ways. An order is what the supervisor launches for a tick (`watch.supervising.order`)."""

    account: Calls
    clock: Callable[[], datetime]

    def launching(self, order: Mapping[str, Any]) -> Launching:
        """Return what launches an order."""
        if "function" in order:
            return function_runs.FunctionRuns(self.account, self.clock)
        return self.keeping(order)

    def keeping(self, order: Mapping[str, Any]) -> Keeping:
        """Return what describes and stops the runs of an order."""
        return self.work if "queue" in order else task_runs.TaskRuns(self.account, self.clock)

    @property
    def work(self) -> work_runs.WorkRuns:
        """What also withdraws launches that a worker may take."""
        return work_runs.WorkRuns(self.account, self.clock)
