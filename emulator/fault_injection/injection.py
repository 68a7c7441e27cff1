"""Makes staged failures happen: of launches, runs, their events, and invocations of a function."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from emulator.ecs.task import KILLED, Ending
from emulator.fault_injection.faults import Fault, Faults, Kind, Naming, Refusal, StagedStop
from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.ecs.task import Task
    from emulator.ecs.tasks import Host, Listener, Publish
    from emulator.timekeeping.timeline import Agenda

TERMINATED = 143
"""128 + SIGTERM: the exit code of a container that ECS stops."""

STOPPED_REASONS = {
    StagedStop.SPOT_INTERRUPTION: "Your Spot Task was interrupted.",
    StagedStop.TERMINATION_NOTICE: "ECS is performing maintenance on the underlying infrastructure hosting the task.",
    StagedStop.USER_INITIATED: "Task stopped by user",
}
"""ECS's words (ECS Developer Guide, Fargate Spot termination notices and stopped tasks error messages)."""

_NO_CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
_NOT_PULLED = "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref {image}"
_CRASHED = "Runtime exited with error: exit status 1"
_STARTED_BY = "chronos-schedule/"


def refuse_launch(
    faults: Faults, naming: Naming, params: Mapping[str, Any], principal: str, definition_arn: str
) -> str | None:
    """Fail a launch if that is staged: raise AWS's error, or return the reason why there is no task."""
    fault = faults.take(Kind.LAUNCH, _job_of_request(params, naming))
    if fault is None:
        return None
    match fault.refusal:
        case Refusal.THROTTLE:
            raise AwsError("ThrottlingException", fault.reason or "Rate exceeded")
        case Refusal.FAILURES:
            return fault.reason or _NO_CAPACITY
        case Refusal.ERROR:
            denied = (
                f"User: {principal} is not authorized to perform: ecs:RunTask on resource: {definition_arn} "
                "because no identity-based policy allows the ecs:RunTask action"
            )
            raise AwsError("AccessDeniedException", fault.reason or denied)


def fail_invocation(faults: Faults, naming: Naming, function_arn: str) -> str | None:
    """Return the staged error of an invocation of a function, or None."""
    name = Arn.parse(function_arn).resource.split(":")[1]
    fault = faults.take(Kind.INVOCATION) if naming.is_watched(name) else None
    return (fault.reason or _CRASHED) if fault else None


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
            self._hang(task, listener, timedelta(seconds=fault.seconds))
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

    def _hang(self, task: Task, listener: Listener, lasts: timedelta) -> None:
        listener.running(task)
        self._hanging[task.id] = listener

        def go_on() -> None:
            if self._hanging.pop(task.id, None) is not None:
                self._host.start(task, _Resumed(listener))

        self._agenda.at(datetime.now(UTC) + lasts, go_on)


@dataclass(frozen=True)
class _Resumed:
    """A listener for a task that hung and runs now; it forwards only the end."""

    listener: Listener

    def running(self, task: Task) -> None:
        """Do nothing, because the task was already reported as running when it began to hang."""

    def ended(self, task: Task) -> None:
        """Report the end of the task."""
        self.listener.ended(task)


class StagedEvents:
    """State-change events that, where staged, arrive twice or in reverse order."""

    def __init__(self, publish: Publish, faults: Faults, naming: Naming) -> None:
        """Pass events on to `publish`."""
        self._publish = publish
        self._faults = faults
        self._naming = naming
        self._runs: dict[str, _Delivery] = {}

    def publish(self, region: str, event: Mapping[str, Any]) -> None:
        """Deliver a task's event as staged for the run; the staging at a run's first event holds for all its events."""
        detail = event["detail"]
        run = self._runs.get(detail["taskArn"])
        if run is None:
            run = self._runs[detail["taskArn"]] = self._delivery(self._naming.job_of_task_group(detail["group"]))
        stopped = detail["lastStatus"] == "STOPPED"
        for each in run.due(event, stopped=stopped):
            self._publish(region, each)
        if stopped:
            del self._runs[detail["taskArn"]]

    def _delivery(self, job: str) -> _Delivery:
        return _Delivery(
            times=2 if self._faults.take(Kind.DUPLICATE_EVENTS, job) else 1,
            reverse=self._faults.take(Kind.REORDER_EVENTS, job) is not None,
        )


@dataclass
class _Delivery:
    """The delivery of the events of one run."""

    times: int
    reverse: bool
    held: list[Mapping[str, Any]] = field(default_factory=list)

    def due(self, event: Mapping[str, Any], *, stopped: bool) -> list[Mapping[str, Any]]:
        """Return the events to deliver after this event."""
        if not self.reverse:
            return [event] * self.times
        self.held.extend([event] * self.times)
        return self.held[::-1] if stopped else []


def _ending(fault: Fault) -> Ending:
    if fault.stop_code is None:
        return Ending(exit_code=1 if fault.code is None else fault.code, reason=fault.reason)
    return Ending(
        exit_code=TERMINATED if fault.code is None else fault.code,
        stop_code=fault.stop_code,
        reason=fault.reason or STOPPED_REASONS[fault.stop_code],
    )


def _job_of_request(params: Mapping[str, Any], naming: Naming) -> str:
    """Return the job of a RunTask request, by its group or else by the schedule that made the request."""
    if "group" in params:
        return naming.job_of_task_group(params["group"])
    return naming.job_of_schedule(params.get("startedBy", "").removeprefix(_STARTED_BY))
