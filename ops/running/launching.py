"""Launches a schedule's task by hand, with an operator's changes, at most once for each key."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.errors import OpsError
from ops.operator_account import TokenUsedError
from ops.running import launch
from watch import instants
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ops.operator_account import OperatorAccount
    from ops.running.variation import Variation


@dataclass(frozen=True)
class Launching:
    """The launch of a schedule of GetSchedule."""

    account: OperatorAccount
    schedule: Mapping[str, Any]
    changes: Variation

    def request(self, tick: datetime) -> dict[str, Any]:
        """Return RunTask's parameters for a tick; OpsError when the schedule cannot be run by hand."""
        nonce = secrets.token_hex(launch.NONCE // 2)
        params = launch.request(self.schedule, instants.text(tick), nonce, self.account.run_task_shape)
        return self.changes.of(params, self.schedule["Name"])

    def launch(self, tick: datetime | None, now: datetime) -> tuple[Sequence[Mapping[str, Any]], dict[str, Any]]:
        """Start the tasks of a tick, None for now, and return them with their request. OpsError when AWS refuses.

        Without a tick, a key that was used before has another time in its request. So the request is sent again with
        the earlier time, and ECS answers with the earlier tasks if nothing else differs.
        """
        params = self.request(tick or now)
        try:
            return self.account.run_task(params), params
        except TokenUsedError as used:
            earlier = self._tick_of(params, used.tasks) if tick is None else None
            if earlier is None:
                raise self._other_run(used) from None
            return self._again(earlier)

    def _again(self, tick: datetime) -> tuple[Sequence[Mapping[str, Any]], dict[str, Any]]:
        params = self.request(tick)
        try:
            tasks = self.account.run_task(params)
        except TokenUsedError as used:
            raise self._other_run(used) from None
        sys.stderr.write(f"the key '{visible(str(self.changes.key))}' has started this run before\n")
        return tasks, params

    def _tick_of(self, params: Mapping[str, Any], tasks: Sequence[str]) -> datetime | None:
        described = self.account.tasks(params.get("cluster", "default"), tasks)
        return next(filter(None, map(launch.tick, described)), None)

    def _other_run(self, used: TokenUsedError) -> OpsError:
        tasks = ", ".join(task.rpartition("/")[2] for task in used.tasks) or "an unknown one"
        said = f"was used for another run, of task {tasks}; choose another key"
        return OpsError(f"--idempotency-key '{self.changes.key}': {said}")
