"""Checks what the processes of services take runs from: work queues, and the table of claims. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doctor.finding import Link, broken, sound, unchecked
from doctor.repair import AGAIN
from judgements.answers import Refused
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from doctor.account import Known
    from doctor.finding import Finding

PATIENCE = 300
"""Seconds after which a free worker should have taken a run."""
_WHO = "Who looks, with services"


@dataclass(frozen=True)
class QueuedRun:
    """A run that no worker has taken."""

    id: str
    job: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class UsedQueue:
    """A work queue."""

    name: str
    jobs: Sequence[str]
    answer: Known[Mapping[str, Any] | None] | Refused
    """GetQueueAttributes's answer."""
    queued: Sequence[QueuedRun]
    """The runs that wait for a worker, as the ledger has them, the earliest first."""
    asked: float | None
    """How often processes have asked for work in the last quarter of an hour; None if that is not known."""


@dataclass(frozen=True, kw_only=True)
class UsedClaims:
    """A table of claims."""

    name: str
    jobs: Sequence[str]
    answer: Known[Mapping[str, Any] | None] | Refused
    """DescribeTable's answer."""


@dataclass(frozen=True, kw_only=True)
class UsedWork:
    """What the jobs use that processes of services run."""

    queues: Sequence[UsedQueue]
    claims: Sequence[UsedClaims]
    now: datetime


def check(work: UsedWork) -> Iterator[Finding]:
    """Yield what is found of each queue and of the table."""
    for queue in work.queues:
        yield _of_queue(queue, work.now)
    for table in work.claims:
        yield _of_claims(table)


def _of_queue(queue: UsedQueue, now: datetime) -> Finding:
    link, name, jobs, answer = Link.SERVICE, queue.name, queue.jobs, queue.answer
    if isinstance(answer, Refused):
        return unchecked(link, name, "the work queue", answer, jobs, _WHO)
    if answer.value is None:
        text = "there is no such work queue, so no worker gets a run"
        return broken("work-queue-missing", link, name, text, AGAIN, jobs)
    late = [one for one in queue.queued if (now - one.since).total_seconds() > PATIENCE]
    if late:
        first = late[0]
        text = f"the run {first.id} of {first.job} waits for a worker since {instants.text(first.since)}"
        text += ", and no process asks this queue for work" if queue.asked == 0 else ""
        fix = (
            "see whether the service runs workers for its placement, and in its log whether they may take runs: "
            "docs/workers.md says what they need"
        )
        return broken("work-not-taken", link, name, text, fix, sorted({one.job for one in late}))
    return sound(link, name, jobs)


def _of_claims(table: UsedClaims) -> Finding:
    link, name, jobs, answer = Link.SERVICE, table.name, table.jobs, table.answer
    if isinstance(answer, Refused):
        return unchecked(link, name, "the table of claims", answer, jobs, _WHO)
    status = answer.value["Table"]["TableStatus"] if answer.value else ""
    if status == "ACTIVE":
        return sound(link, name, jobs)
    text = f"the table of claims is {status}" if status else "there is no such table of claims"
    return broken("claims-missing", link, name, f"{text}, so no process can claim a run", AGAIN, jobs)
