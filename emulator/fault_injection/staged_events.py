"""Makes staged failures of the delivery of a run's events happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.fault_injection.faults import Faults, Kind, Naming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.ecs.tasks import Publish


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
