"""Makes staged failures of runs happen: runs that stay pending, do not start, are slow, hang, or end otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from emulator.ecs.task import KILLED, TERMINATED, Ending
from emulator.fault_injection.faults import Fault, Faults, Kind, Naming, StagedStop, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.ecs.task import Task
    from emulator.ecs.tasks import Host, Listener
    from emulator.timekeeping.timeline import Agenda

STOPPED_REASONS = {
    StagedStop.SPOT_INTERRUPTION: "Your Spot Task was interrupted.",
    StagedStop.TERMINATION_NOTICE: "Your Spot Task was interrupted.",
    StagedStop.INFRASTRUCTURE_HEALTH: None,
    StagedStop.SERVICE_SCHEDULER_INITIATED: "Scaling activity initiated by (deployment ecs-svc/8646900195280463695)",
    StagedStop.USER_INITIATED: "Task stopped by user",
    StagedStop.NONE: "ECS is performing maintenance on the underlying infrastructure hosting the task",
}
"""ECS's words from the ECS Developer Guide (Fargate Spot termination notices, task maintenance) and recorded events.

None where no words are on record.
"""

_NOT_INSPECTED = "CannotInspectContainerError: Could not transition to inspecting; timed out after waiting 30s"
"""The reason of a container whose exit code ECS did not learn (amazon-ecs-agent, issue 2312)."""
_OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
_SIDECAR = "sidecar"
"""The name of a sidecar that dies where the task definition has none."""
_NOT_PULLED = "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref {image}"


def hold(faults: Faults, agenda: Agenda, naming: Naming, task: Task, go_on: Callable[[], None]) -> None:
    """Let a task go on at once or, where that is staged, when it has stayed long enough in its state.

    In its first state it learns also whether ECS's answers about it are behind.
    """
    job = naming.job_of_task_group(task.group)
    if task.last_status == Status.PROVISIONING and (stale := faults.take(Kind.STALE, job)):
        task.lags(stale.seconds or 0.0)
    fault = faults.take(Kind.PENDING, job, lambda fault: (fault.status or Status.PENDING) == task.last_status)
    if fault is None:
        go_on()
    else:
        agenda.after(fault.seconds, go_on)


class StagedHost:
    """A host whose runs, where staged, do not start, are slow, hang, or end otherwise than their process."""

    def __init__(self, host: Host, faults: Faults, agenda: Agenda, naming: Naming) -> None:
        """Run tasks on `host`; `agenda` resumes the runs that are slow or hang."""
        self._host = host
        self._faults = faults
        self._naming = naming
        self._agenda = agenda
        self._waiting: dict[str, _Waiting] = {}
        """The running tasks whose containers have not begun their work."""

    def prepare(self, task: Task) -> str | None:
        """Get ready what the task's containers need; return the staged reason why they cannot start, or the host's."""
        if fault := self._faults.take(Kind.START, self._naming.job_of_task_group(task.group)):
            return fault.reason or _NOT_PULLED.format(image=task.main.definition["image"])
        return self._host.prepare(task)

    def start(self, task: Task, listener: Listener) -> None:
        """Start the task's containers, unless a failure is staged."""
        job = self._naming.job_of_task_group(task.group)
        if fault := self._faults.take(Kind.LOSE_LOG, job):
            task.lost_lines = fault.lines
        slow = self._faults.take(Kind.HANG, job) or self._faults.take(Kind.SLOW, job)
        staged = _Staged(slow, *(self._faults.take(kind, job) for kind in (Kind.SIDECAR, Kind.EXIT)))
        if staged.at_the_end_only:
            task.ending = staged.ending
            self._host.start(task, listener)
            return
        listener.running(task)
        self._waiting[task.id] = _Waiting(listener, listens=slow is None or slow.kind is not Kind.HANG)
        self._later(task, staged.lasts, lambda: self._end(task, staged))

    def stop(self, task: Task) -> None:
        """Ask the task's containers to end; those of a run that hangs ignore it."""
        waiting = self._waiting.get(task.id)
        if waiting is None:
            self._host.stop(task)
        elif waiting.listens:
            self._abort(task, TERMINATED)

    def kill(self, task: Task) -> None:
        """End the task's containers, unless they have ended."""
        if task.id in self._waiting:
            self._abort(task, KILLED)
        else:
            self._host.kill(task)

    def _abort(self, task: Task, exit_code: int) -> None:
        """End a task whose containers have not begun their work."""
        listener = self._waiting.pop(task.id).listener
        task.exited(exit_code, datetime.now(UTC))
        listener.ended(task)

    def _end(self, task: Task, staged: _Staged) -> None:
        """Do what is staged to end the task, and let its containers do their work after the warning."""
        listener, now = self._waiting[task.id].listener, datetime.now(UTC)
        if staged.sidecar is not None:
            fault = staged.sidecar
            name = fault.container or next((each.name for each in task.containers if each is not task.main), _SIDECAR)
            code = KILLED if fault.code is None else fault.code
            task.sidecar_exited(name, code, fault.reason or _OUT_OF_MEMORY, now)
            listener.stopping(task)
        ending = task.ending = staged.ending
        if ending is not None and staged.is_stopped:
            task.stop_requested(ending.stop_code, ending.stopped_reason, now)
            listener.stopping(task)
        self._later(task, staged.warning, lambda: self._work(task))

    def _work(self, task: Task) -> None:
        self._host.start(task, _Resumed(self._waiting.pop(task.id).listener))

    def _later(self, task: Task, seconds: float | None, action: Callable[[], None]) -> None:
        """Do the action after these seconds, unless the task was stopped; without seconds do it at once."""

        def go_on() -> None:
            if task.id in self._waiting:
                action()

        if seconds == 0:
            action()
        else:
            self._agenda.after(seconds, go_on)


@dataclass(frozen=True)
class _Staged:
    """What is staged for a run that starts."""

    slow: Fault | None
    """A hang is one too."""
    sidecar: Fault | None
    end: Fault | None

    @property
    def at_the_end_only(self) -> bool:
        """Whether the run does its work at once and only its end is replaced, if anything."""
        return self.slow is None and self.sidecar is None and not self.is_stopped

    @property
    def lasts(self) -> float | None:
        """The seconds for which the run is slow or hangs; None for ever."""
        return 0.0 if self.slow is None else self.slow.seconds

    @property
    def is_stopped(self) -> bool:
        """Whether ECS stops the run."""
        return self.end is not None and self.end.stop_code is not None

    @property
    def warning(self) -> float:
        """The seconds from the stop until the containers have ended."""
        return 0.0 if self.end is None else self.end.warning

    @property
    def ending(self) -> Ending | None:
        """The end of the run; None when its process decides."""
        if self.end is not None:
            return _ending(self.end)
        return None if self.sidecar is None else Ending(TERMINATED)


@dataclass(frozen=True)
class _Waiting:
    """A running task whose containers have not begun their work."""

    listener: Listener
    listens: bool
    """Whether the job's container ends when it is asked to."""


@dataclass(frozen=True)
class _Resumed:
    """A listener for a task that was reported as running before its containers did their work."""

    listener: Listener

    def running(self, task: Task) -> None:
        """Do nothing, because the task was reported as running already."""

    def stopping(self, task: Task) -> None:
        """Tell that the task must stop while its containers go on."""
        self.listener.stopping(task)

    def ended(self, task: Task) -> None:
        """Report the end of the task."""
        self.listener.ended(task)


def _ending(fault: Fault) -> Ending:
    """Return the staged end of a run."""
    usual = 1 if fault.stop_code is None else TERMINATED
    code = None if fault.no_code else usual if fault.code is None else fault.code
    if fault.stop_code is None:
        return Ending(code, container_reason=fault.reason or (_NOT_INSPECTED if fault.no_code else None))
    return Ending(
        code,
        stop_code=None if fault.stop_code is StagedStop.NONE else fault.stop_code,
        stopped_reason=fault.reason or STOPPED_REASONS[fault.stop_code],
    )
