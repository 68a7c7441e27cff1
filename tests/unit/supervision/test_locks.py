"""A lock of the stack: one holder, and waiters by tick."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from supervision.locks import Lock
from tests.unit.supervision.flying import T, flight, with_limits

if TYPE_CHECKING:
    from supervision.flights import Flight

LIMITS = with_limits(lock="books")
EARLY, LATER = flight(job="web", limits=LIMITS), flight(60, job="mail", limits=LIMITS)


def lock() -> Lock:
    """Return a lock that nobody holds."""
    return Lock("books")


def test_one_tick_holds_it() -> None:
    """A second tick waits, and has it when the first has left. Its job is named, so that it is woken."""
    one = lock()
    assert one.take(LATER, T)
    assert one.take(LATER, T)
    assert not one.take(EARLY, T)
    assert one.next_job(T) is None
    one.leave(LATER)
    assert one.next_job(T) == "web"
    assert one.take(EARLY, T)
    assert (one.holder, one.job, one.waiters) == (EARLY.name, "web", [])


def test_waiters_go_by_tick() -> None:
    """The earlier tick is first, whichever came first."""
    one, holder = lock(), flight(-60, limits=LIMITS)
    assert one.take(holder, T)
    assert not one.take(LATER, T)
    assert not one.take(EARLY, T)
    one.leave(holder)
    assert not one.take(LATER, T)
    assert one.take(EARLY, T)


def test_a_waiter_counts_until_its_deadline() -> None:
    """A tick of a job whose record nobody can change does not block the others for ever."""
    one = lock()
    assert one.take(LATER, T)
    assert not one.take(EARLY, T)
    one.leave(LATER)
    assert not one.take(LATER, T + 900)
    assert one.next_job(T + 900) == "web"
    assert one.next_job(T + 961) is None
    assert one.take(LATER, T + 901)


def test_a_waiter_may_leave() -> None:
    """A tick that is skipped while it waits does not hold the place of the others."""
    one = lock()
    assert one.take(LATER, T)
    assert not one.take(EARLY, T)
    one.leave(EARLY)
    one.leave(LATER)
    assert (one.holder, one.job, one.waiters) == ("", "", [])


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 2000)), max_size=30))
def test_nobody_takes_it_from_another(steps: list[tuple[bool, int, int]]) -> None:
    """Whoever takes it and leaves, it has the holder that took it last and has not left."""
    flights: list[Flight] = [flight(60 * number, job=f"job-{number}", limits=LIMITS) for number in range(6)]
    one, holder = lock(), ""
    for takes, number, at in steps:
        mine = flights[number]
        if takes:
            taken = one.take(mine, T + at)
            assert not taken or holder in ("", mine.name)
            holder = mine.name if taken else holder
        else:
            one.leave(mine)
            holder = "" if holder == mine.name else holder
        assert one.holder == holder
        assert mine.name not in [waiter.flight for waiter in one.waiters if mine.name == one.holder]
        one = Lock.from_plain(json.loads(json.dumps(one.to_plain())), one.version)
