"""Lets EventBridge Scheduler launch a tick by hand, and finds the task that it has started."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops import aws_errors
from ops.operator_account import NotStartedError
from ops.running import started
from watch import instants, task
from watch.decisions import by_hand_letter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.operator_account import OperatorAccount
    from ops.running.one_time import OneTime
    from watch.ledger import Ledger
    from watch.records import Tick

_EVERY = 2.0
"""Seconds between two looks at the ledger."""
_LONGEST = 360.0
"""Seconds after which the command no longer waits for a launch: one minute until the schedule's time, one within which
Scheduler begins (Scheduler User Guide, "Schedule types"), and four for ECS's events."""


@dataclass(frozen=True)
class ThroughScheduler:
    """A launch by a one-time schedule of a job that is not supervised."""

    account: OperatorAccount
    ledger: Ledger
    one_time: OneTime

    def task(self) -> Mapping[str, Any]:
        """Wait for the task, and return it as ECS describes it.

        NotStartedError when Scheduler could not launch it, or when nothing is known of it for long.
        """
        message = self.one_time.message
        until = _now() + _LONGEST
        while _now() < until:
            with aws_errors.explained():
                tick = self.ledger.tick((message.schedule, message.tick))
            if tick is not None:
                found = self._found(tick)
                if found is not None:
                    return found
                letter = by_hand_letter(message.rerun)
                if tick.reason.startswith(letter):
                    raise NotStartedError(f"Scheduler could not launch it: {tick.reason.removeprefix(letter)}")
            _sleep(_EVERY)
        raise NotStartedError(
            f"no run is known {round(_LONGEST / 60)} minutes after the schedule {self.one_time.name} was made for "
            f"{instants.text(self.one_time.at)}: ECS had no capacity, or Scheduler still tries; "
            f"see the events of RunTask in CloudTrail"
        )

    def _found(self, tick: Tick) -> Mapping[str, Any] | None:
        for run in tick.runs.values():
            if run.by_hand:
                for described in self.account.tasks(started.cluster_of(run.task), [run.task]):
                    if task.from_description(described).rerun == self.one_time.message.rerun:
                        return described
        return None


def _now() -> float:
    return time.monotonic()


def _sleep(seconds: float) -> None:
    time.sleep(seconds)
