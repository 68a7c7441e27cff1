"""Runs that are tasks of ECS: RunTask with the launch role, StopTask and DescribeTasks with the function's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from supervisor import requests
from supervisor.launch_answers import Refusal
from watch import supervising
from watch import task as tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from supervision.flights import Flight, Launch, Stop
    from watch.watcher import Watcher


class Calls(Protocol):
    """The calls to ECS."""

    def run_task(self, role: str, request: Mapping[str, Any]) -> Mapping[str, Any] | Refusal:
        """Launch a task with a launch role; return the task, or why there is none."""

    def stop_task(self, cluster: str, task: str, reason: str) -> None:
        """Stop a task."""

    def task(self, cluster: str, task: str) -> Mapping[str, Any] | None:
        """Return a task as ECS describes it."""


@dataclass(frozen=True)
class TaskRuns:
    """The way of jobs that run in a container of their own."""

    account: Calls
    clock: Callable[[], datetime]

    def launch(self, watch: Watcher, flight: Flight, launch: Launch, order: Mapping[str, Any]) -> Refusal | None:
        """Launch a task and record it; return why there is none."""
        answer = self.account.run_task(order["role"], requests.of(order["request"], flight, launch))
        if isinstance(answer, Refusal):
            return answer
        task = tasks.from_description(answer)
        origin = tasks.origin(answer, flight.job) or tasks.Origin(*flight.key, "")
        watch.take_task(flight.job, task, watch.ledger.settle_origin(task.id, origin, self.clock()))
        return None

    def describe(self, watch: Watcher, flight: Flight, launch: Launch) -> bool:
        """Record how the task is; return whether it has stopped."""
        described = self.account.task(launch.cluster, launch.task)
        if described is None:
            return False
        origin = tasks.origin(described, flight.job) or tasks.Origin(*flight.key, "")
        watch.take_task(flight.job, tasks.from_description(described), origin)
        return bool(described["lastStatus"] == "STOPPED")

    def stop(self, watch: Watcher, flight: Flight, launch: Launch, stop: Stop) -> None:
        """Stop the task."""
        del watch, flight
        try:
            self.account.stop_task(launch.cluster, launch.task, supervising.stop_reason(stop.class_, stop.why))
        except ClientError as error:
            if error.response["Error"].get("Code") != "InvalidParameterException":  # ECS no longer knows the task
                raise
