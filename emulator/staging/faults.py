"""Failures that are staged: what goes wrong next, how, and how often still."""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from aws.stop_codes import StopCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

HANG_SECONDS = 6 * 3600.0
"""How long a run hangs where nothing else is said."""


class Kind(StrEnum):
    """What goes wrong."""

    LAUNCH = "launch"
    START = "start"
    EXIT = "exit"
    HANG = "hang"
    DUPLICATE_EVENTS = "duplicate-events"
    REORDER_EVENTS = "reorder-events"
    INVOCATION = "invocation"


class Refusal(StrEnum):
    """How ECS answers a launch that fails."""

    ERROR = "error"
    THROTTLE = "throttle"
    FAILURES = "failures"


class StagedStop(StrEnum):
    """Stop codes that a run can be staged to end with."""

    SPOT_INTERRUPTION = StopCode.SPOT_INTERRUPTION.value
    TERMINATION_NOTICE = StopCode.TERMINATION_NOTICE.value
    USER_INITIATED = StopCode.USER_INITIATED.value


@dataclass(frozen=True)
class Naming:
    """How what is deployed names its things: by that a failure finds what it is staged for."""

    job_of_task_group: Callable[[str], str]
    job_of_schedule: Callable[[str], str]
    is_watched: Callable[[str], bool]
    """Whether invocations of the function with this name can be staged to fail."""


@dataclass(frozen=True)
class Fault:
    """A failure as it is staged: its kind, whose it is, and the options that the kind has."""

    kind: Kind
    job: str | None = None
    """None of an invocation, which is no job's."""
    reason: str | None = None
    """What AWS says of a launch, start, exit or invocation that fails, in place of its usual words."""
    refusal: Refusal = Refusal.ERROR
    """Of a launch."""
    code: int | None = None
    """The exit code, of an exit."""
    stop_code: StagedStop | None = None
    """Of an exit: ECS ended the run, and not the run itself."""
    seconds: float = HANG_SECONDS
    """How long a hang lasts."""


@dataclass(frozen=True)
class Staged:
    """A failure and how often it is still to happen."""

    fault: Fault
    left: int


class Faults:
    """What is staged, in the order in which it was; any thread may stage, and any may take."""

    def __init__(self) -> None:
        """Begin with nothing staged."""
        self._lock = threading.Lock()
        self._staged: list[Staged] = []

    def stage(self, fault: Fault, times: int = 1) -> None:
        """Have the failure happen that often, after what is staged of its kind and job already."""
        with self._lock:
            self._staged.append(Staged(fault, times))

    def take(self, kind: Kind, job: str | None = None) -> Fault | None:
        """Give the failure that is to happen now, and count it; None when all goes well."""
        with self._lock:
            for place, staged in enumerate(self._staged):
                if (staged.fault.kind, staged.fault.job) == (kind, job):
                    left = dataclasses.replace(staged, left=staged.left - 1)
                    self._staged[place : place + 1] = [left] if left.left else []
                    return staged.fault
        return None

    def pending(self) -> Sequence[Staged]:
        """List what has not happened yet."""
        with self._lock:
            return tuple(self._staged)

    def clear(self) -> None:
        """Forget what has not happened yet."""
        with self._lock:
            self._staged.clear()


def read_fault(given: Mapping[str, Any]) -> Fault:
    """Read a failure from JSON as `dataclasses.asdict` gives it."""
    fault = Fault(**given)
    return dataclasses.replace(
        fault,
        kind=Kind(fault.kind),
        refusal=Refusal(fault.refusal),
        stop_code=None if fault.stop_code is None else StagedStop(fault.stop_code),
    )
