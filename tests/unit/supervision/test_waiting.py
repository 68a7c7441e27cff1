"""What a tick in flight waits for, as people see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from supervision import calls, progress
from supervision.flights import Launch
from supervision.locks import Lock, Waiter
from supervision.traffic import Traffic
from supervision.waiting import Wait, waits
from tests.unit.supervision.flying import T, flight, launched, running, with_limits

if TYPE_CHECKING:
    from supervision.flights import Flight

RETRIED = with_limits(retries=2, backoff=60, overlap="queue")


def failed() -> Flight:
    """Return the flight of a tick whose first attempt was refused once, and failed later."""
    one = running(limits=RETRIED, waits="no capacity")
    progress.run_ended(Traffic([one]), one, "failed", 1, T + 100)
    return one


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (flight(), "waiting for the supervisor"),
        (flight(waits="waiting for the lock db"), "waiting for the lock db"),
        (flight(asks_service=True), "waiting to learn which revision its service runs"),
        (launched(), "being launched"),
        (launched(waits="no capacity"), "no capacity"),
        (failed(), "attempt 2 of 3"),
        (running(), None),
    ],
    ids=["new", "lock", "service", "launch", "refused", "failed", "runs"],
)
def test_why_a_tick_waits(one: Flight, why: str | None) -> None:
    """A tick that has a task waits for nothing, and an old reason is not told again."""
    assert [wait.why for wait in waits([one])] == ([why] if why else [])


def test_until_when_it_waits() -> None:
    """Before its first launch a tick may become too late; after a run that failed the next launch has a time."""
    new, retried = flight(60), failed()
    assert waits([new, retried]) == [
        _wait(retried, "attempt 2 of 3", attempt=2, attempts=3, next_launch=_instant(retried.not_before)),
        _wait(new, "waiting for the supervisor", launch_by=_instant(T + 960)),
    ]
    assert retried.not_before > T + 100
    launch = Launch(2, 2, T + 200)
    retried.launch = launch
    assert waits([retried])[0].next_launch is None


@pytest.mark.parametrize(
    ("overlap", "waiter", "why"),
    [
        ("queue", "", "waiting for the lock db, held by the tick 2027-01-15T07:00:00Z of other"),
        ("queue", "other", "waiting for the lock db, promised to an earlier tick"),
        ("skip", "", "it needed the lock db, held by the tick 2027-01-15T07:00:00Z of other"),
    ],
)
def test_who_keeps_a_lock(overlap: str, waiter: str, why: str) -> None:
    """The holder is named by its tick. A tick that does not wait says so."""
    other = flight(-3600, "other")
    waiters = [Waiter(other.name, "other", other.tick, T + 900)] if waiter else []
    lock = Lock("db", holder="" if waiter else other.name, job="other", waiters=waiters)
    one = flight(limits=with_limits(lock="db", overlap=overlap))
    [*endings] = progress.advance(Traffic([one], {"db": lock}), T)
    assert [ending.reason for ending in endings] == ([why] if overlap == "skip" else [])
    assert [wait.why for wait in waits([one])] == ([why] if overlap != "skip" else ["waiting for the supervisor"])


def test_who_keeps_the_slot() -> None:
    """A tick waits for the one that runs, until it may be launched itself."""
    first, second = running(limits=RETRIED), flight(600, limits=RETRIED)
    traffic = Traffic([first, second])
    progress.advance(traffic, T + 600)
    assert [wait.why for wait in waits(traffic.flights)] == [f"waiting for the tick {first.tick} to be over"]
    progress.run_ended(traffic, first, "good", 0, T + 700)
    progress.advance(traffic, T + 700)
    assert [wait.why for wait in waits(traffic.flights)] == ["being launched"]
    assert [call.kind for call in calls.due(traffic, T + 700)] == [calls.LAUNCH]


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _wait(one: Flight, why: str, **known: Any) -> Wait:  # noqa: ANN401 - members of the wait
    given: dict[str, Any] = {"attempt": 1, "attempts": 1, "next_launch": None, "launch_by": None, "by_hand": False}
    return Wait(schedule=one.schedule, tick=one.tick, why=why, **{**given, **known})
