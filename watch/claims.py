"""The claim by which a worker has a run, and what it tells of the run. Pure.

A launch has one claim, whose id is made from the launch. A worker writes it when it takes the launch from the work
queue, extends its lease while the work goes on, and ends it. Workers are programs of others, so what they write is
checked here. docs/workers.md has the protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from watch import classes, instants, news, reports, run_kinds, untrusted
from watch.names import claimed_run
from watch.news import News
from watch.task import Task, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supervision.flights import Flight, Launch

QUEUED = "QUEUED"
"""The status of a run that no worker has taken yet."""

CLAIMED, STOPPING, STOPPED, ENDED, LOST = "claimed", "stopping", "stopped", "ended", "lost"
"""The states of a claim: a worker has the run, is to stop it, nobody is to begin it, it has ended, its worker is lost.
"""
SILENT = 60
"""Seconds after the end of a lease after which the worker is lost. So clocks may differ by as much."""

NO_CLAIM = "no claim tells how the run ended, and nobody has reported it"
"""The reason of a run whose claim has gone."""


@dataclass(frozen=True)
class WorkRun:
    """The run of one launch that a worker takes."""

    queue: str
    """The ARN of the work queue."""
    schedule: str
    tick: str
    rerun: str
    """The id of the operator's request; empty for the schedule's own run."""
    launch: int

    @classmethod
    def of(cls, queue: str, flight: Flight, launch: Launch) -> Self:
        """Return the run of a flight's launch."""
        return cls(queue, flight.schedule, flight.tick, flight.rerun, launch.number)

    @property
    def id(self) -> str:
        """The claim's key."""
        return claimed_run(self.schedule, self.tick, self.rerun, self.launch)

    def __str__(self) -> str:
        """Return the text that stands for the run, where the run of a task has the task's ARN."""
        return f"{self.queue}/{self.id}"

    def queued(self, now: datetime) -> Task:
        """Return the run when its message is in the queue."""
        return news.handed_over(str(self), QUEUED, self.rerun, self.launch, now)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The claim of a run."""

    run: WorkRun
    state: str
    verdict: Verdict
    """What the run's end means. It is known when the run is over."""
    lease: int = 0
    """Until when the worker has the run, in seconds since 1970."""
    lease_written: str = field(default="", compare=False)
    """The same as the table has it: programs of others may write decimals."""
    started: datetime | None = None
    ended: datetime | None = None
    holder: str = ""
    """The worker, as it names itself."""

    @property
    def over(self) -> bool:
        """Whether no worker has the run, and none may take it any more."""
        return self.state not in (CLAIMED, STOPPING)

    def is_silent(self, now: datetime) -> bool:
        """Return whether the worker has not extended its lease, so that it is lost."""
        return not self.over and now.timestamp() >= self.lease + SILENT

    @property
    def silence(self) -> Verdict:
        """What the end of a run means whose process is silent, and whose claim another process may still take over."""
        end = instants.text(datetime.fromtimestamp(self.lease, UTC))
        return Verdict(classes.INTERRUPTED, None, f"its process has not extended its lease, which ended at {end}")

    def news(self, now: datetime) -> News:
        """Return what the claim tells. Nothing has happened before the tick or after `now`, whatever a clock says."""
        tick = instants.read(self.run.tick)
        ended = news.believed(self.ended or now, tick, now)
        started = news.believed(self.started, tick, ended) if self.started else None
        return News(
            run=str(self.run),
            schedule=self.run.schedule,
            tick=self.run.tick,
            rerun=self.run.rerun,
            launch=self.run.launch,
            status=news.ENDED if self.over else news.RUNNING,
            version=news.OVER if self.over else news.BEGUN,
            at=ended if self.over else started or now,
            started=started,
            verdict=self.verdict if self.over else None,
            worker=self.holder,
        )


def stopped(run: WorkRun, verdict: Verdict, now: datetime) -> Claim:
    """Return the claim of a run that nobody is to begin."""
    return Claim(run=run, state=STOPPED, verdict=verdict, ended=now)


def read(run: str, item: Mapping[str, Mapping[str, Any]]) -> Claim | None:
    """Return the claim of a run's text in an item of the table; None for an item that no worker of this program writes.

    Such an item keeps nobody from anything: the run is as one that nobody has claimed.
    """
    try:
        return _read(run, item)
    except (ValueError, TypeError, KeyError, OverflowError, OSError):
        return None


def _read(run: str, item: Mapping[str, Mapping[str, Any]]) -> Claim:
    rerun = untrusted.rerun_id(item.get("rerun", {}).get("S", ""))
    schedule, tick = untrusted.checked_schedule(item["schedule"]["S"]), untrusted.instant(item["tick"]["S"])
    launch, state = int(item["launch"]["N"]), item["state"]["S"]
    named = WorkRun(run_kinds.place(run), schedule, tick, rerun, launch)
    if str(named) != run or state not in (CLAIMED, STOPPING, STOPPED, ENDED, LOST):
        raise ValueError(f"{untrusted.quoted(run)} has the claim of {named}, which is {untrusted.quoted(state)}")
    written = item["lease"]["N"] if state in (CLAIMED, STOPPING) else "0"
    lease = int(float(written))
    datetime.fromtimestamp(lease, UTC)
    return Claim(
        run=named,
        state=state,
        verdict=_verdict(item),
        lease=lease,
        lease_written=written,
        started=_instant(item, "started"),
        ended=_instant(item, "ended"),
        holder=reports.name(_text(item, "holder")),
    )


def _verdict(item: Mapping[str, Mapping[str, Any]]) -> Verdict:
    outcome, code = _text(item, "outcome"), item.get("exit_code", {}).get("N")
    known = outcome if outcome in reports.OUTCOMES else classes.INTERRUPTED
    return Verdict(known, None if code is None else int(code), reports.reason(_text(item, "reason")))


def _instant(item: Mapping[str, Mapping[str, Any]], name: str) -> datetime | None:
    return instants.read_or_none(item.get(name, {}).get("S", ""))


def _text(item: Mapping[str, Mapping[str, Any]], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))
