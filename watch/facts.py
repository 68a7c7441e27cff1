"""What the watch knows of the stack: jobs, expressions, owners and thresholds. Travels in the function's archive.

Whether a schedule is enabled is no fact: it is asked with ListSchedules, so that toggling one does not change the
function.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

import cadence

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "facts.json"
"""In the archive, beside the packages."""

GRACE = 900
"""Seconds: the time in which a launch is repeated. What is later than that is missed."""
RETENTION_DAYS = 90
OVERRUN_FACTOR = 3
SHORTEST_OVERRUN = 300
"""Seconds: the distance of two looks. Shorter runs are never seen as overruns by comparison."""


@dataclass(frozen=True, kw_only=True)
class ScheduleFacts:
    """When a schedule is due."""

    expression: str
    timezone: str = "UTC"
    start: str | None = None
    """ISO 8601 with an offset; likewise `end`."""
    end: str | None = None
    window: int = 0
    """Minutes of the flexible time window."""

    def timetable(self) -> cadence.Timetable:
        """Return the schedule's ticks."""
        return cadence.Timetable(
            cadence.parse(self.expression),
            timezone=self.timezone,
            start=datetime.fromisoformat(self.start) if self.start else None,
            end=datetime.fromisoformat(self.end) if self.end else None,
            window=self.window,
        )


@dataclass(frozen=True, kw_only=True)
class JobFacts:
    """What an alert of a job says, and what it is judged by. All that is empty here is unknown."""

    owner: str = ""
    runbook: str = ""
    severity: str = "error"
    container: str = ""
    """The container whose exit code counts."""
    cluster: str = ""
    """The cluster's ARN."""
    task_definition: str = ""
    """`family`, or `family:revision` when it is pinned."""
    passed_roles: tuple[str, ...] = ()
    """ARNs of the roles that the launch role may pass."""
    longest_run: int | None = None
    """Seconds beyond which a run is an overrun. None: by comparison with good runs."""
    schedules: Mapping[str, ScheduleFacts] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the watch knows of the stack."""

    project: str
    stack: str
    group: str
    """The schedule group."""
    jobs: Mapping[str, JobFacts]
    rerun: str
    """The command that runs a tick again, with `{schedule}` and `{tick}` in it."""
    grace: int = GRACE
    """Seconds after a tick's window in which its run may still begin."""
    quiet: tuple[str, ...] = ()
    """Classes that are recorded, and told to nobody."""
    retention_days: int = RETENTION_DAYS
    """Days that the ledger keeps a tick."""

    def job(self, name: str) -> JobFacts:
        """Return what is known of a job; of one that is not known, nothing."""
        return self.jobs.get(name) or JobFacts()

    def to_json(self) -> str:
        """Write them the same way each time."""
        return json.dumps(dataclasses.asdict(self), indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        raw: dict[str, Any] = json.loads(text)
        jobs = {name: _job(job) for name, job in raw.pop("jobs").items()}
        return cls(**{**raw, "jobs": jobs, "quiet": tuple(raw["quiet"])})


def _job(raw: Mapping[str, Any]) -> JobFacts:
    schedules = {name: ScheduleFacts(**schedule) for name, schedule in raw["schedules"].items()}
    return JobFacts(**{**raw, "passed_roles": tuple(raw["passed_roles"]), "schedules": schedules})
