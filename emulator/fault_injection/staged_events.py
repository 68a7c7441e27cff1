"""Makes staged failures of the delivery of a run's events happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeGuard

from emulator.fault_injection.faults import Fault, Faults, Kind, Naming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.ecs.tasks import Publish
    from emulator.timekeeping.timeline import Agenda


class StagedEvents:
    """State-change events that, where staged, arrive twice, in reverse order, late, or never."""

    def __init__(self, publish: Publish, faults: Faults, agenda: Agenda, naming: Naming) -> None:
        """Pass events on to `publish`; `agenda` delivers those that are late."""
        self._publish = publish
        self._faults = faults
        self._agenda = agenda
        self._naming = naming
        self._runs: dict[str, _Delivery] = {}

    def publish(self, region: str, event: Mapping[str, Any]) -> None:
        """Deliver a task's event as staged for the run; the staging at a run's first event holds for all its events."""
        detail = event["detail"]
        run = self._runs.get(detail["taskArn"])
        if run is None:
            run = self._runs[detail["taskArn"]] = self._delivery(self._naming.job_of_task_group(detail["group"]))
        for each in run.due(event):
            if _concerns(run.late, each):
                self._agenda.after(run.late.seconds, partial(self._publish, region, each))
            else:
                self._publish(region, each)
        if _is_last(event):
            del self._runs[detail["taskArn"]]

    def _delivery(self, job: str) -> _Delivery:
        return _Delivery(
            times=2 if self._faults.take(Kind.DUPLICATE_EVENTS, job) else 1,
            reverse=self._faults.take(Kind.REORDER_EVENTS, job) is not None,
            lost=self._faults.take(Kind.LOSE_EVENTS, job),
            late=self._faults.take(Kind.DELAY_EVENTS, job),
        )


@dataclass
class _Delivery:
    """The delivery of the events of one run."""

    times: int
    reverse: bool
    lost: Fault | None
    late: Fault | None
    held: list[Mapping[str, Any]] = field(default_factory=list)

    def due(self, event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the events to deliver after this event."""
        arriving = [] if _concerns(self.lost, event) else [event] * self.times
        if not self.reverse:
            return arriving
        self.held.extend(arriving)
        return self.held[::-1] if _is_last(event) else []


def _concerns(fault: Fault | None, event: Mapping[str, Any]) -> TypeGuard[Fault]:
    """Return whether a failure concerns an event."""
    return fault is not None and fault.status in (None, event["detail"]["lastStatus"])


def _is_last(event: Mapping[str, Any]) -> bool:
    return bool(event["detail"]["lastStatus"] == "STOPPED")
