"""Ticks whose runs processes begin by themselves: they wait for one, and nothing is called for them."""

from __future__ import annotations

import pytest

from supervision import calls, progress
from supervision.traffic import Traffic
from supervision.waiting import waits
from tests.unit.supervision.flying import TASK, T, advance, flight, with_limits

LIMITS = with_limits(taken_by="process")


def test_a_tick_waits_for_a_process() -> None:
    """It has its only launch at once, which nobody makes, and is needed next when it is too late."""
    traffic = Traffic([flight(limits=LIMITS)])
    assert progress.advance(traffic, T) == []
    assert calls.begin(traffic, T + 60) == []
    assert calls.moments(traffic, T + 60) == [T + 901]
    [found] = traffic.flights
    assert found.launch is not None
    assert (found.launches, found.launch.number, found.launch.calls, found.holds) == (1, 1, 0, False)
    [wait] = waits(traffic.flights)
    assert (wait.why, wait.attempts, wait.next_launch) == ("no process has claimed it", 1, None)
    assert wait.launch_by is not None
    assert wait.launch_by.timestamp() == T + 900


@pytest.mark.parametrize(("at", "gone", "outcome"), [(900, "", None), (901, "", "too-late"), (5, "removed", "skipped")])
def test_nobody_claims_a_tick(at: int, gone: str, outcome: str | None) -> None:
    """It is too late after its deadline, and skipped if its job is removed before."""
    flights = [flight(limits=LIMITS)]
    advance(flights, 0)
    found = advance(flights, at, gone=progress.REMOVED if gone else "")
    reason = progress.REMOVED if gone else "no process has claimed it"
    assert [*found.values()] == ([(outcome, reason)] if outcome else [])


def test_a_run_that_a_process_has_begun_has_no_limits() -> None:
    """Nobody asks for it, and nobody stops it."""
    traffic = Traffic([flight(limits=LIMITS)])
    progress.advance(traffic, T)
    launch = traffic.flights[0].launch
    assert launch is not None
    launch.task = TASK
    progress.withdraw(traffic.flights[0], "by ops", T + 60)
    assert progress.advance(traffic, T + 100_000) == []
    assert (calls.due(traffic, T + 100_000), calls.moments(traffic, T + 100_000)) == ([], [])


def test_ticks_that_wait_for_processes_are_not_in_the_way() -> None:
    """Each has its own run, whenever a process claims it."""
    flights = [flight(at, limits=LIMITS) for at in (0, 60, 120)]
    assert advance(flights, 130) == {}
    assert [one.launches for one in flights] == [1, 1, 1]
