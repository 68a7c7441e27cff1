"""Waits for the end of a task that an operator has started, shows its log, and says how it ended."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.errors import OpsError
from ops.running.following import ContainerLog, Logs
from watch import classes, task
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from aws_facts.log_place import LogPlace
    from ops.operator_account import OperatorAccount
    from ops.running.following import Line
    from ops.running.started import Started

NOT_STARTED, TIMED_OUT, STOPPED, NOT_FOUND, REFUSED, INTERRUPTED = 120, 121, 122, 123, 124, 125
"""Exit codes of `run`. A job that ends with one of them cannot be told apart by the code alone; `--json` can."""
UNKNOWN_EXIT = 1
"""The exit code of `run` for a job that ran and failed, and whose exit code ECS did not learn."""

_STOPPED_STATUS = "STOPPED"
_UNKNOWN_FOR = 60.0
"""Seconds in which ECS may not describe a new task yet: it is eventually consistent (ECS API reference, RunTask)."""
_MOST_FAILURES = 30
"""Failed looks in a row, of two seconds and more each, after which the command gives up."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended."""

    outcome: str
    exit_code: int | None
    """The job's own exit code; None when there is none."""
    reason: str
    timed_out: bool

    @property
    def code(self) -> int:
        """The exit code of the command: the job's own, or one of ours."""
        if self.timed_out:
            return TIMED_OUT
        match self.outcome:
            case classes.GOOD:
                return 0
            case classes.FAILED:
                return UNKNOWN_EXIT if self.exit_code is None else self.exit_code
            case classes.NOT_STARTED:
                return NOT_STARTED
            case _:
                return STOPPED

    def to_plain(self) -> dict[str, Any]:
        """Return the end as JSON values."""
        return {"outcome": self.outcome, "exitCode": self.exit_code, "reason": self.reason, "timedOut": self.timed_out}


class Waiting:
    """Waits for one task. It is stopped when it takes longer than the limit, which counts from the first look."""

    def __init__(
        self,
        account: OperatorAccount,
        begun: Started,
        container: str,
        limit: timedelta | None,
        stop: Callable[[str], None],
    ) -> None:
        """Prepare the wait for the end of a task, whose container `container` decides. `stop` is given the reason."""
        self._account, self._begun, self._container, self._stop = account, begun, container, stop
        self._began = _now()
        self._until = None if limit is None else self._began + limit.total_seconds()
        self._seen: Mapping[str, Any] | None = None
        self._failures = 0
        self._timed_out = False
        self._reads_log = True

    @property
    def seen(self) -> Mapping[str, Any]:
        """The task as ECS has described it last."""
        return self._seen or {}

    def to_the_end(self, show: Callable[[Line], None]) -> Ended:
        """Show the log until the task has stopped and no more lines come, and return how it ended.

        OpsError when AWS does not answer for long, or forgets the task.
        """
        logs = [ContainerLog(self._container, self._begun.log)] if self._begun.log else []
        for lines in Logs(logs, self._read).follow(self._over):
            for line in lines:
                show(line)
        if self._seen is None:
            raise OpsError(f"ECS does not know the task {self._begun.task}; how it ended is not known")
        verdict = task.judge(task.from_description(self._seen), self._container)
        return Ended(
            outcome=verdict.outcome,
            exit_code=verdict.exit_code,
            reason=verdict.reason,
            timed_out=self._timed_out,
        )

    def _over(self) -> bool:
        try:
            found = self._account.tasks(self._begun.cluster, [self._begun.task])
        except OpsError as error:
            self._failures += 1
            if self._failures == _MOST_FAILURES:
                raise OpsError(f"{error}; the task goes on: {self._begun.watch}") from error
            return False
        self._failures = 0
        if not found:
            return self._seen is not None or _now() - self._began > _UNKNOWN_FOR
        [self._seen] = found
        if self._seen["lastStatus"] == _STOPPED_STATUS:
            return True
        self._stop_if_late()
        return False

    def _stop_if_late(self) -> None:
        if self._until is not None and not self._timed_out and _now() >= self._until:
            seconds = round(self._until - self._began)
            self._stop(f"it took longer than {seconds} s (--timeout of ops run)")
            self._timed_out = True

    def _read(self, place: LogPlace, token: str | None) -> tuple[list[tuple[datetime, str]], str | None]:
        """Return lines of the log. A log that cannot be read is a warning, since the task runs all the same."""
        if not self._reads_log:
            return [], token
        try:
            return self._account.log_events(place, token)
        except OpsError as error:
            self._reads_log = False
            sys.stderr.write(f"warning: the log cannot be read: {visible(str(error))}\n")
            return [], token


def _now() -> float:
    return time.monotonic()
