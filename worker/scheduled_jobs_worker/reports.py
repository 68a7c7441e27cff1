"""Reports: how the watch learns that a run has begun or ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import aws, instants, names

if TYPE_CHECKING:
    from .place import Place
    from .runs import Run, Verdict


@dataclass(frozen=True)
class Reporter:
    """Sends the reports of a process to the watch of its group.

    The watch takes each report as often as it comes, in any order, so whoever is in doubt sends one again.
    """

    client: Any
    """boto3's client of Lambda."""
    group: str
    worker: str
    """The name of the process, by which people find its log."""

    @classmethod
    def of(cls, group: str, place: Place) -> Reporter:
        """Return the reporter of a process at a place."""
        return cls(aws.client("lambda"), group, place.worker)

    def began(self, run: Run, name: str, at: str) -> None:
        """Report that a run began at `at`."""
        self._send(run, name, {"state": "started", "at": at})

    def ended(self, run: Run, name: str, verdict: Verdict, started: str, at: str) -> None:
        """Report how a run ended, and when."""
        how = {"outcome": verdict.outcome, "exit_code": verdict.exit_code, "reason": verdict.reason}
        began = {"started": started} if started else {}
        self._send(run, name, {"state": "ended", "at": at, **began, **how})

    def _send(self, run: Run, name: str, said: dict[str, Any]) -> None:
        report = {
            "run": name,
            "schedule": run.schedule,
            "tick": instants.text(run.tick),
            "launch": run.launch,
            "rerun": run.rerun,
            "worker": self.worker,
            **said,
        }
        self.client.invoke(
            FunctionName=names.watch_name(self.group), InvocationType="Event", Payload=json.dumps(report).encode()
        )
