"""Runs that a worker takes from the work queue: SendMessage with the launch role, and the run's claim for the rest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from supervision import progress
from supervision.stops import NOT_STARTED
from watch import invocations, supervising
from watch.claims import WorkRun
from watch.task import Origin, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from supervision.flights import Flight, Launch, Stop
    from supervisor.launch_answers import Refusal
    from watch.claims import Claim
    from watch.watcher import Watcher


class Calls(Protocol):
    """The calls to SQS."""

    def send_work(self, role: str, queue: str, body: str) -> Refusal | None:
        """Send a message to the queue of this URL with a launch role; return why that was not done."""


@dataclass(frozen=True)
class WorkRuns:
    """The way of jobs that the workers of a running service do."""

    account: Calls
    clock: Callable[[], datetime]

    def launch(self, watch: Watcher, flight: Flight, launch: Launch, order: Mapping[str, Any]) -> Refusal | None:
        """Send the run's message and record that; return why it was not sent.

        It may be sent twice: of two workers that get it, one has the claim.
        """
        now, run = self.clock(), WorkRun.of(order["queue"], flight, launch)
        refusal = self.account.send_work(order["role"], order["url"], json.dumps(message(run, flight, launch, order)))
        if refusal is None:
            watch.take_task(flight.job, run.queued(now), Origin(*flight.key, ""))
        return refusal

    def withdraw(self, watch: Watcher, flight: Flight, launch: Launch, order: Mapping[str, Any]) -> None:
        """Record how a run is of which nobody knows whether its message was sent. If no worker has it, none will."""
        run, stop = WorkRun.of(order["queue"], flight, launch), flight.stop
        told = (f"{progress.UNKNOWN_MESSAGE}, so it was withdrawn", flight.waits)
        unknown = Verdict(NOT_STARTED, None, "; ".join(filter(None, told)))
        verdict = unknown if stop is None else supervising.verdict_of_stop(stop)
        self._take(watch, flight, watch.claims.withdraw(run, verdict, self.clock()))

    def describe(self, watch: Watcher, flight: Flight, launch: Launch) -> bool:
        """Record how the run is; return whether it is over."""
        claim = watch.claims.settled(launch.task, self.clock())
        return claim is not None and self._take(watch, flight, claim)

    def stop(self, watch: Watcher, flight: Flight, launch: Launch, stop: Stop) -> None:
        """Let the worker stop the run. If no worker has it yet, it is over by that."""
        run = WorkRun.of(launch.task.rpartition("/")[0], flight, launch)
        self._take(watch, flight, watch.claims.stop(run, supervising.verdict_of_stop(stop), self.clock()))

    def _take(self, watch: Watcher, flight: Flight, claim: Claim) -> bool:
        watch.take_news(flight.job, claim.news(self.clock()))
        return claim.over


def message(run: WorkRun, flight: Flight, launch: Launch, order: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a worker reads. Equal launches have equal messages."""
    return {
        **invocations.event(flight, launch),
        "task": order["task"],
        "run": str(run),
        "timeout": flight.limits.timeout,
    }
