"""The facts of a stack that the watch needs. Those of the group are in its archive, those of a job in the job's item.

The facts do not include whether a schedule is enabled. The watch asks ListSchedules for that, so enabling or disabling
a schedule changes the schedule only.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

import cadence
from supervision import plain_data
from supervision.limits import Limits
from watch.names import job_of_schedule
from watch.redaction import SECRET_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "facts.json"
"""The name of the facts in the archive, next to the packages."""

GRACE = 900
"""Seconds for which a launch is retried. A tick that has no run by then is missed."""
PENDING = 900
"""Seconds after which a task that has not started is reported."""
RETENTION_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class ScheduleFacts:
    """The expression and the limits of a schedule."""

    expression: str
    timezone: str = "UTC"
    start: str | None = None
    """ISO 8601 with an offset, as `end`."""
    end: str | None = None
    window: int = 0
    """Minutes of the flexible time window."""

    def timetable(self) -> cadence.Timetable:
        """Return the schedule's timetable."""
        return cadence.Timetable(
            cadence.parse(self.expression),
            timezone=self.timezone,
            start=datetime.fromisoformat(self.start) if self.start else None,
            end=datetime.fromisoformat(self.end) if self.end else None,
            window=self.window,
        )


_NEWER = ("done_by", "function", "in_process", "limits", "own_command", "pause_after", "supervised", "work")
"""Fields that the items of earlier versions do not have."""


_OPTIONAL = {"function": ("receiver", "callback"), "work": ("role",), "in_process": ("role", "store")}
"""Of what runs a job, the fields that are left out if empty: not every job has them, or they are newer."""

SEVERITIES = ("critical", "error", "warning", "info")
"""PagerDuty's severities, the worst first."""


@dataclass(frozen=True, kw_only=True)
class Supervised:
    """How the supervisor launches a job."""

    role: str
    """The ARN of the launch role, with which the supervisor calls ECS."""
    requests: Mapping[str, Mapping[str, Any]]
    """By schedule, the whole RunTask request, with Scheduler's placeholder where the tick belongs. Empty for a
    function."""
    service: Mapping[str, str] = field(default_factory=dict)
    """`cluster` and `service` of DescribeServices, for schedules that run the service's revision; else empty."""


@dataclass(frozen=True, kw_only=True)
class InvokedFunction:
    """The function that runs a job."""

    alias: str
    """The ARN of the alias that the supervisor invokes."""
    log_group: str
    """The name of the log group that the function writes to."""
    receiver: str = ""
    """The name of the receiver to which the function sends a request; empty for a function that does the work."""
    callback: str = ""
    """The address at which a receiver tells the end of what it has accepted; empty without one."""


@dataclass(frozen=True, kw_only=True)
class WorkQueue:
    """The queue of which the workers of a running service take a job's runs."""

    arn: str
    url: str
    task: str
    """The name under which the workers know the function that does the work."""
    claims: str
    """The name of the table of claims."""
    log_group: str = ""
    """The name of the log group of the service's container; empty if it is unknown."""
    role: str = ""
    """The ARN of the service's task role at the deployment; empty if it is unknown."""


@dataclass(frozen=True, kw_only=True)
class InProcess:
    """What is known of a job whose ticks the processes of a service claim by themselves."""

    claims: str
    """The ARN of the table of claims."""
    log_group: str = ""
    """The name of the log group of the service's container; empty if it is unknown."""
    role: str = ""
    """The ARN of the service's task role at the deployment; empty if it is unknown."""
    store: str = ""
    """Where its processes claim runs if not in that table: `redis`."""


@dataclass(frozen=True, kw_only=True)
class JobFacts:
    """The facts of a job for its alerts and for judging its runs. An empty field is unknown."""

    owner: str = ""
    runbook: str = ""
    severity: str = "error"
    container: str = ""
    """The container whose exit code counts."""
    cluster: str = ""
    """The cluster's ARN."""
    task_definition: str = ""
    """`family`, or `family:revision` when the revision is pinned."""
    passed_roles: tuple[str, ...] = ()
    """ARNs of the roles that the launch role may pass."""
    several_words: bool = False
    """Whether the command has several words, of which a shell as the entry point may run only the first."""
    own_command: bool = False
    """Whether the container runs its own command, because the job has none."""
    longest_run: int | None = None
    """Seconds after which a run is an overrun. None: the limit is derived from good runs."""
    done_by: Mapping[str, str] = field(default_factory=dict)
    """By schedule, until when the work of a tick must be done, as `watch.done_by` reads it."""
    pause_after: Mapping[str, int] = field(default_factory=dict)
    """By schedule, after how many ticks in a row that went wrong the job is paused."""
    schedules: Mapping[str, ScheduleFacts] = field(default_factory=dict)
    limits: Mapping[str, Limits] = field(default_factory=dict)
    """By schedule, what the supervisor keeps for each tick. A job that Scheduler launches itself has none.

    They are not in `schedules`, whose facts are compared with what AWS says of a schedule.
    """
    supervised: Supervised | None = None
    """How the supervisor launches the job; None for a job that Scheduler launches itself."""

    function: InvokedFunction | None = None
    """The function that runs the job, or sends its requests; None for a job that does without."""

    work: WorkQueue | None = None
    """The queue of a job that workers run; None for other jobs."""

    in_process: InProcess | None = None
    """For a job that the processes of a service run by themselves; None for other jobs."""

    def to_remember(self) -> Self:
        """Return the facts that serve when the job is gone: a removed job is not launched, so its requests are not."""
        return dataclasses.replace(self, supervised=None)

    def to_plain(self) -> dict[str, Any]:
        """Return the facts as plain data. So that a new version changes no item, newer fields are left out if empty."""
        plain = plain_data.plain(self) | {"limits": {name: one.to_plain() for name, one in self.limits.items()}}
        for runner, optional in _OPTIONAL.items():
            if plain[runner]:
                plain[runner] = {name: value for name, value in plain[runner].items() if value or name not in optional}
        return {name: value for name, value in plain.items() if value or name not in _NEWER}

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any]) -> Self:
        """Return the facts of this plain data."""
        schedules = {name: ScheduleFacts(**schedule) for name, schedule in raw["schedules"].items()}
        limits = {name: Limits.from_plain(one) for name, one in raw.get("limits", {}).items()}
        supervised = Supervised(**raw["supervised"]) if "supervised" in raw else None
        function = InvokedFunction(**raw["function"]) if "function" in raw else None
        work = WorkQueue(**raw["work"]) if "work" in raw else None
        in_process = InProcess(**raw["in_process"]) if "in_process" in raw else None
        lists = {"passed_roles": tuple(raw["passed_roles"]), "schedules": schedules, "limits": limits}
        return cls(
            **{**raw, **lists, "supervised": supervised, "function": function}
            | {"work": work, "in_process": in_process}
        )


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The facts of one stack, with those of the jobs that one invocation is about."""

    project: str
    stack: str
    group: str
    """The schedule group."""
    rerun: str
    """The command that runs a tick again, with `{schedule}` and `{tick}` in it; it may have `{region}` too."""
    grace: int = GRACE
    """Seconds after a tick's window within which its run may still begin."""
    pending: int = PENDING
    """Seconds after its creation within which a task may start."""
    quiet: tuple[str, ...] = ()
    """Classes that are recorded but send no alert."""
    stops: bool = False
    """Whether a run that somebody stopped is alerted. It is recorded in any case."""
    secret_names: tuple[str, ...] = SECRET_NAMES
    """Patterns of the names of variables whose values no message shows."""
    retention_days: int = RETENTION_DAYS
    """Days for which the ledger keeps a tick."""

    jobs: Mapping[str, JobFacts] = field(default_factory=dict)
    """The deployed jobs, from their items."""
    removed: Mapping[str, JobFacts] = field(default_factory=dict)
    """Jobs that are no longer deployed, or whose items are unreadable, as the watch saw them last."""
    unreadable: frozenset[str] = frozenset()
    """Jobs whose items are unreadable. They are deployed, but nobody knows how."""

    def job(self, name: str) -> JobFacts:
        """Return the facts of a job; empty facts for an unknown job."""
        return self.jobs.get(name) or self.removed.get(name) or JobFacts()

    def schedule(self, name: str) -> ScheduleFacts | None:
        """Return the facts of a schedule; None for an unknown one."""
        return self.job(job_of_schedule(name)).schedules.get(name)

    def knows(self, job: str) -> bool:
        """Return whether a job is or was deployed."""
        return job in self.jobs or job in self.removed

    def absence(self, schedule: str) -> str | None:
        """Return why nobody can use a schedule; None when it is deployed."""
        job = self.jobs.get(job_of_schedule(schedule))
        if job is None:
            return "the job is no longer deployed"
        return None if schedule in job.schedules else "the schedule is no longer deployed"

    def to_json(self) -> str:
        """Return the facts of the group, without its jobs, as JSON. Equal facts give equal text."""
        plain = dataclasses.asdict(dataclasses.replace(self, jobs={}, removed={}))
        del plain["jobs"], plain["removed"], plain["unreadable"]
        return json.dumps(plain, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the facts that `to_json` wrote."""
        raw: dict[str, Any] = json.loads(text)
        lists = {name: tuple(raw[name]) for name in ("quiet", "secret_names")}
        return cls(**{**raw, **lists})
