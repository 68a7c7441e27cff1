"""Makes staged failures of runs happen: runs that stay pending, do not start, hang, or end otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from emulator.ecs.task import KILLED, Ending
from emulator.fault_injection.faults import Fault, Faults, Kind, Naming, StagedStop

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.ecs.task import Task
    from emulator.ecs.tasks import Host, Listener
    from emulator.timekeeping.timeline import Agenda

TERMINATED = 143
"""128 + SIGTERM: the exit code of a container that ECS stops."""

STOPPED_REASONS = {
    StagedStop.SPOT_INTERRUPTION: "Your Spot Task was interrupted.",
    StagedStop.TERMINATION_NOTICE: "ECS is performing maintenance on the underlying infrastructure hosting the task.",
    StagedStop.USER_INITIATED: "Task stopped by user",
}
"""ECS's words (ECS Developer Guide, Fargate Spot termination notices and stopped tasks error messages)."""

_NOT_PULLED = "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref {image}"


def hold(faults: Faults, agenda: Agenda, naming: Naming, task: Task, go_on: Callable[[], None]) -> None:
    """Let a task go on at once or, where that is staged, when it has stayed long enough in its state."""
    job = naming.job_of_task_group(task.group)
    fault = faults.take(Kind.PENDING, job, lambda fault: fault.status == task.last_status)
    if fault is None:
        go_on()
    else:
        _after(agenda, fault.seconds, go_on)


class StagedHost:
    """A host whose runs, where staged, do not start, hang, or end otherwise than their process."""

    def __init__(self, host: Host, faults: Faults, agenda: Agenda, naming: Naming) -> None:
        """Run tasks on `host`; `agenda` resumes the runs that hang."""
        self._host = host
        self._faults = faults
        self._naming = naming
        self._agenda = agenda
        self._hanging: dict[str, Listener] = {}

    def start(self, task: Task, listener: Listener) -> None:
        """Start the task's containers, unless a failure is staged."""
        job = self._naming.job_of_task_group(task.group)
        if fault := self._faults.take(Kind.START, job):
            reason = fault.reason or _NOT_PULLED.format(image=task.main.definition["image"])
            task.failed_to_start(reason, datetime.now(UTC))
            listener.ended(task)
            return
        if fault := self._faults.take(Kind.EXIT, job):
            task.ending = _ending(fault)
        if fault := self._faults.take(Kind.HANG, job):
            self._hang(task, listener, fault.seconds)
        else:
            self._host.start(task, listener)

    def stop(self, task: Task) -> None:
        """Stop the task's containers; a run that hangs ignores SIGTERM and is killed."""
        listener = self._hanging.pop(task.id, None)
        if listener is None:
            self._host.stop(task)
        else:
            task.exited(KILLED, datetime.now(UTC))
            listener.ended(task)

    def _hang(self, task: Task, listener: Listener, seconds: float | None) -> None:
        listener.running(task)
        self._hanging[task.id] = listener

        def go_on() -> None:
            if self._hanging.pop(task.id, None) is not None:
                self._host.start(task, _Resumed(listener))

        _after(self._agenda, seconds, go_on)


@dataclass(frozen=True)
class _Resumed:
    """A listener for a task that hung and runs now; it forwards only the end."""

    listener: Listener

    def running(self, task: Task) -> None:
        """Do nothing, because the task was already reported as running when it began to hang."""

    def ended(self, task: Task) -> None:
        """Report the end of the task."""
        self.listener.ended(task)


def _after(agenda: Agenda, seconds: float | None, action: Callable[[], None]) -> None:
    """Run an action after these seconds; never when they are None."""
    if seconds is not None:
        agenda.at(datetime.now(UTC) + timedelta(seconds=seconds), action)


def _ending(fault: Fault) -> Ending:
    if fault.stop_code is None:
        return Ending(exit_code=1 if fault.code is None else fault.code, reason=fault.reason)
    return Ending(
        exit_code=TERMINATED if fault.code is None else fault.code,
        stop_code=fault.stop_code,
        reason=fault.reason or STOPPED_REASONS[fault.stop_code],
    )
