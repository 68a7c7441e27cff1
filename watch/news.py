"""What somebody tells of a launch: its run has begun, or has ended. Pure.

ECS tells of tasks by events. Of other runs tell the records of invocations, and the reports of those that do the work.
Each names the launch, so the record of the job finds it although the launch itself may have had no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from watch import classes, instants, run_kinds
from watch.task import Task

if TYPE_CHECKING:
    from datetime import datetime

    from watch.records import Run
    from watch.task import Verdict

RUNNING, ACCEPTED, ENDED = "RUNNING", "ACCEPTED", "STOPPED"
"""The status of a run that a process has begun, of a request that a receiver has accepted, and of a run that is over.
"""

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clock of a process may differ from that of AWS."""

HANDED_OVER, BEGUN, OVER = 1, 2, 3
"""The versions of a run that is no task, as those of ECS order the states of a task."""


def believed(told: datetime, tick: datetime, now: datetime) -> datetime:
    """Return when something of a tick happened: not before the tick, nor after `now`, whatever another clock says."""
    return min(max(told, tick - CLOCKS_DIFFER), now)


def handed_over(run: str, status: str, rerun: str, launch: int, now: datetime) -> Task:
    """Return the run of a launch that AWS has taken over, and that nobody has begun yet."""
    return Task(
        arn=run,
        cluster="",
        definition="",
        group="",
        version=HANDED_OVER,
        status=status,
        created=now,
        by_hand=bool(rerun),
        rerun=rerun,
        launch=launch,
    )


@dataclass(frozen=True, kw_only=True)
class News:
    """The state of the run of one launch."""

    run: str
    """The text of the run."""
    schedule: str
    tick: str
    rerun: str
    """The id of the operator's request; empty for the schedule's own run."""
    launch: int
    status: str
    version: int
    at: datetime
    """When it was told."""
    started: datetime | None = None
    """When the work began, if that is told."""
    verdict: Verdict | None = None
    """The meaning of the end; None for a run that has begun."""
    worker: str = ""
    """The process that does the work, as it names itself."""

    def task(self, run: str, created: datetime | None, known: Run | None) -> Task:
        """Return the state as the records take it.

        `run` is the text by which the record knows the run of the launch, `created` the time of the launch, and
        `known` what is known of the run. Nobody says when an invocation began, so it begins with its launch. A process
        may begin before the tick is taken for launched, and its log is read from then on.
        """
        kind, ran = run_kinds.kind(run), self.verdict is None or self.verdict.outcome != classes.NOT_STARTED
        started = self.started or instants.read_or_none((known and known.started) or "")
        if kind == run_kinds.INVOCATION:
            started = started or created
        if self.verdict is None:
            started = started or self.at
        if kind == run_kinds.PROCESS_RUN:
            created = min(one for one in (created, started, self.at) if one is not None)
        return Task(
            arn=run,
            cluster="",
            definition="",
            group="",
            version=self.version,
            status=self.status,
            created=created or started or self.at,
            started=started if ran else None,
            stopped=self.at if self.verdict is not None else None,
            by_hand=bool(self.rerun),
            rerun=self.rerun,
            launch=self.launch,
            verdict=self.verdict,
            worker=self.worker,
        )
