"""Staged failures: their kinds, their options, and how often they will still happen."""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from aws_facts.stop_codes import StopCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LONG = 6 * 3600.0
"""How long a run is slow, hangs or stays pending by default, in seconds."""


class Kind(StrEnum):
    """The kinds of failures."""

    LAUNCH = "launch"
    START = "start"
    PENDING = "pending"
    SLOW = "slow"
    HANG = "hang"
    EXIT = "exit"
    SIDECAR = "sidecar"
    STALE = "stale"
    LOSE_LOG = "lose-log"
    DUPLICATE_EVENTS = "duplicate-events"
    REORDER_EVENTS = "reorder-events"
    DELAY_EVENTS = "delay-events"
    LOSE_EVENTS = "lose-events"
    CALL = "call"
    INVOCATION = "invocation"
    FUNCTION = "function"
    QUEUE = "queue"
    DUPLICATE_MESSAGES = "duplicate-messages"
    DELAY_MESSAGES = "delay-messages"
    LOSE_MESSAGES = "lose-messages"
    DUPLICATE_INVOCATIONS = "duplicate-invocations"
    LOSE_INVOCATIONS = "lose-invocations"


class Refusal(StrEnum):
    """The ways in which ECS answers a failed launch."""

    ERROR = "error"
    THROTTLE = "throttle"
    FAILURES = "failures"


class FunctionFailure(StrEnum):
    """The ways in which an invocation of a function fails."""

    CRASH = "crash"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    THROTTLE = "throttle"


class StagedStop(StrEnum):
    """The stop codes of a run that ECS is staged to stop."""

    SPOT_INTERRUPTION = StopCode.SPOT_INTERRUPTION.value
    TERMINATION_NOTICE = StopCode.TERMINATION_NOTICE.value
    INFRASTRUCTURE_HEALTH = StopCode.INFRASTRUCTURE_HEALTH.value
    SERVICE_SCHEDULER_INITIATED = StopCode.SERVICE_SCHEDULER_INITIATED.value
    USER_INITIATED = StopCode.USER_INITIATED.value
    NONE = "none"
    """ECS stops the run and gives no stop code."""


class Status(StrEnum):
    """The states of a task that a failure can concern (ECS Developer Guide, task lifecycle)."""

    PROVISIONING = "PROVISIONING"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DEPROVISIONING = "DEPROVISIONING"
    STOPPED = "STOPPED"


@dataclass(frozen=True)
class Naming:
    """The names of deployed resources, by which a failure finds the job or function that it is staged for."""

    job_of_task_group: Callable[[str], str]
    job_of_schedule: Callable[[str], str]
    is_watched: Callable[[str], bool]
    """A function that returns whether invocations of the function with this name can be staged to fail."""


@dataclass(frozen=True)
class Fault:
    """A staged failure: its kind, its job, and the options of the kind."""

    kind: Kind
    job: str | None = None
    """The job that fails; None for calls, functions and queues, which belong to no job."""
    reason: str | None = None
    """The text for a failed launch, start, exit, sidecar, call or invocation; None for AWS's usual words.

    For an exit it is the stopped reason when ECS stops the run, and otherwise the reason of the job's container.
    """
    refusal: Refusal = Refusal.ERROR
    """How ECS answers; only for a launch."""
    fails: FunctionFailure = FunctionFailure.CRASH
    """How an invocation fails; only for a function."""
    code: int | None = None
    """The exit code of the job's container for an exit, and of the sidecar for a sidecar; None for the usual one."""
    no_code: bool = False
    """Whether ECS does not learn the exit code; only for an exit."""
    stop_code: StagedStop | None = None
    """The stop code when ECS ends the run, instead of its own process; only for an exit."""
    warning: float = 0.0
    """Seconds from the stop until the containers have ended; only for an exit with a stop code."""
    operation: str | None = None
    """The operation whose call fails, such as `ecs:DescribeTasks`; only for a call."""
    error: str = "ThrottlingException"
    """AWS's error code; only for a call."""
    lines: int = 10
    """How many lines at the end of the log are lost."""
    name: str | None = None
    """The function or the queue that fails, or whose messages do."""
    container: str | None = None
    """The sidecar that dies; None for the task's first one."""
    seconds: float | None = LONG
    """How long a run is slow, hangs or stays pending, or how late events, messages or answers are; None for ever.

    In seconds. For a function or a queue it is how long it fails, if it is not staged to fail a number of times.
    """
    status: Status | None = None
    """The state in which a run stays pending, or the state whose events are late or lost.

    None for the usual one: PENDING, or the events of all states.
    """


@dataclass(frozen=True)
class Staged:
    """A failure, and how often or until when it will still happen."""

    fault: Fault
    left: int | None
    """None for a failure that happens until an end."""
    until: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether its end has come."""
        return self.until is not None and datetime.now(UTC) >= self.until


class Faults:
    """The staged failures, in the order of their staging; any thread may stage and take them."""

    def __init__(self) -> None:
        """Start without failures."""
        self._lock = threading.Lock()
        self._staged: list[Staged] = []

    def stage(self, fault: Fault, times: int | None = 1) -> None:
        """Stage a failure to happen `times` times, after the earlier ones of its kind and job.

        None lets it happen each time until its seconds are over.
        """
        until = None if times or fault.seconds is None else datetime.now(UTC) + timedelta(seconds=fault.seconds)
        with self._lock:
            self._staged.append(Staged(fault, times, until))

    def take(self, kind: Kind, job: str | None = None, fits: Callable[[Fault], bool] = lambda _: True) -> Fault | None:
        """Return the failure that fits and happens now, and count it; None when nothing is to fail."""
        with self._lock:
            for place, staged in enumerate(self._staged):
                if (staged.fault.kind, staged.fault.job) != (kind, job) or staged.is_over or not fits(staged.fault):
                    continue
                if staged.left is not None:
                    left = dataclasses.replace(staged, left=staged.left - 1)
                    self._staged[place : place + 1] = [left] if left.left else []
                return staged.fault
        return None

    def pending(self) -> Sequence[Staged]:
        """Return the failures that have not happened yet."""
        with self._lock:
            return tuple(staged for staged in self._staged if not staged.is_over)

    def clear(self) -> None:
        """Remove the failures that have not happened yet."""
        with self._lock:
            self._staged.clear()


def read_fault(given: Mapping[str, Any]) -> Fault:
    """Return the failure in the JSON form of `dataclasses.asdict`."""
    fault = Fault(**given)
    return dataclasses.replace(
        fault,
        kind=Kind(fault.kind),
        refusal=Refusal(fault.refusal),
        fails=FunctionFailure(fault.fails),
        status=None if fault.status is None else Status(fault.status),
        stop_code=None if fault.stop_code is None else StagedStop(fault.stop_code),
    )
