"""The library of workers reads what the supervisor sends, and both understand each other's claims."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from scheduled_jobs_worker.claims import KEPT, LEASE, Claims
from scheduled_jobs_worker.messages import Message
from scheduled_jobs_worker.runs import Run, Verdict
from supervision.flights import Launch
from supervisor.work_runs import message
from tests.unit.supervision.flying import T, flight, with_limits
from tests.unit.supervisor.fake_work import queue
from tests.unit.worker.table import GROUP, NOW, TABLE, claims_table
from watch import claims_table as of_watch
from watch import task as tasks
from watch.claims import WorkRun
from watch.claims_table import ClaimsTable

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = WorkRun(queue().arn, "web.night", "2027-01-04T00:00:00Z", "", 2)
TAKEN = Run("web", RUN.schedule, datetime(2027, 1, 4, tzinfo=UTC), launch=2, token=5)
MOMENT = datetime.fromtimestamp(NOW, UTC)
LATE = tasks.Verdict("timed-out", None, "the supervisor stopped the run: it ran longer than 1 hour")


@pytest.fixture
def both() -> Iterator[tuple[ClaimsTable, Claims]]:
    """Yield the claims as the supervisor sees them, and as a worker does."""
    with claims_table() as client:
        yield ClaimsTable(client, TABLE), Claims(client, GROUP, "ip-10-0-0-7")


@pytest.mark.parametrize("rerun", ["", "0000aaaa"])
@pytest.mark.parametrize("timeout", [None, 300])
def test_messages_are_read(rerun: str, timeout: int | None) -> None:
    """A worker learns the launch and its function, and claims the run by the id that the supervisor expects."""
    one, launch = flight(limits=with_limits(taken_by="worker", timeout=timeout), rerun=rerun), Launch(3, 2, T)
    run = WorkRun.of(queue().arn, one, launch)
    found = Message.read(json.dumps(message(run, one, launch, {"task": "refresh"})))
    due = datetime.fromtimestamp(T, UTC)
    assert found.run == Run("web", "web", due, 2, 3, rerun, "manual" if rerun else "")
    assert (found.run.id, found.name, found.task, found.timeout) == (run.id, str(run), "refresh", timeout)


def test_a_claim_is_read(both: tuple[ClaimsTable, Claims]) -> None:
    """While the run goes on, and when it has ended."""
    table, worker = both
    assert worker.begin(TAKEN, NOW, NOW + LEASE)
    found = table.find(str(RUN))
    assert found is not None
    assert (found.run, found.over, found.holder, found.started) == (RUN, False, "ip-10-0-0-7", MOMENT)
    assert found.lease == NOW + LEASE
    assert worker.end(TAKEN, Verdict("failed", 3, "ValueError: no rates"), NOW + 9)
    found = table.find(str(RUN))
    assert found is not None
    assert (found.over, found.ended) == (True, MOMENT + timedelta(seconds=9))
    assert found.verdict == tasks.Verdict("failed", 3, "ValueError: no rates")


def test_a_worker_is_told_to_stop(both: tuple[ClaimsTable, Claims]) -> None:
    """It finds that when it extends its lease, and ends the claim as what it was stopped for."""
    table, worker = both
    worker.begin(TAKEN, NOW, NOW + LEASE)
    assert table.stop(RUN, LATE, MOMENT).state == "stopping"
    found = worker.extend(TAKEN, NOW + 2 * LEASE)
    assert found is not None
    assert (found.state, found.verdict.outcome) == ("stopping", "timed-out")
    assert worker.end(TAKEN, found.verdict, NOW + 30, found.state)
    ended = table.find(str(RUN))
    assert ended is not None
    assert (ended.over, ended.verdict) == (True, LATE)


def test_a_worker_comes_too_late(both: tuple[ClaimsTable, Claims]) -> None:
    """A run that was withdrawn cannot be claimed, and a worker that was given up cannot extend its lease."""
    table, worker = both
    table.withdraw(RUN, LATE, MOMENT)
    assert not worker.begin(TAKEN, NOW, NOW + LEASE)
    other, lost = replace(RUN, launch=3), replace(TAKEN, launch=3)
    worker.begin(lost, NOW, NOW + LEASE)
    settled = table.settled(str(other), MOMENT + timedelta(seconds=LEASE + 60))
    assert settled is not None
    assert settled.verdict.outcome == "interrupted"
    assert worker.extend(lost, NOW + 500) is None


def test_another_worker_finds_it_lost(both: tuple[ClaimsTable, Claims]) -> None:
    """Its claim says the same to the watch as one that the watch has given up."""
    table, worker = both
    worker.begin(TAKEN, NOW, NOW + LEASE)
    found = worker.find(TAKEN.id)
    assert found is not None
    assert worker.lose(TAKEN.id, found, NOW + LEASE)
    read = table.find(str(RUN))
    assert read is not None
    assert (read.state, read.verdict.outcome, read.over) == ("lost", "interrupted", True)


def test_both_keep_claims_as_long() -> None:
    """As long as SQS may keep a message, so that none is begun twice."""
    assert of_watch.KEPT.total_seconds() == KEPT
