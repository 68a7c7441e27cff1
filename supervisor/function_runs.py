"""Runs that are invocations of a function. Nobody can stop one, or ask how it is: Lambda's record tells its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from supervisor.launch_answers import Refusal
from watch import invocations
from watch.task import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from supervision.flights import Flight, Launch
    from watch.watcher import Watcher


class Calls(Protocol):
    """The calls to Lambda."""

    def invoke(self, role: str, alias: str, event: Mapping[str, Any]) -> str | Refusal:
        """Hand an event to a function with a launch role; return the id of the request, or why there is none."""


@dataclass(frozen=True)
class FunctionRuns:
    """The way of jobs that are a function."""

    account: Calls
    clock: Callable[[], datetime]

    def launch(self, watch: Watcher, flight: Flight, launch: Launch, order: Mapping[str, Any]) -> Refusal | None:
        """Invoke the function and record that; return why it was not invoked."""
        now, event = self.clock(), invocations.event(flight, launch, order.get("callback", ""))
        answer = self.account.invoke(order["role"], order["function"], event)
        if isinstance(answer, Refusal):
            return answer
        run = invocations.launched(invocations.Invocation(order["function"], answer), flight, launch, now)
        watch.take_task(flight.job, run, Origin(*flight.key, ""))
        return None
