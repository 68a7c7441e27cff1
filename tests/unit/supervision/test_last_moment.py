"""The last moment of a tick is often the time of the next one, which then must not be left out for it."""

from __future__ import annotations

import pytest

from tests.unit.supervision.flying import advance, flight, running, with_limits

DEADLINE = 900


@pytest.mark.parametrize("overlap", ["queue", "skip"])
def test_next_tick_at_the_deadline_of_one_that_waits(overlap: str) -> None:
    """The tick that waits for a lock or a slot until then is too late, and the next one has its place."""
    holder, limits = running(tasks=1), with_limits(overlap=overlap, start_deadline=DEADLINE)
    waiting, arrived = flight(1, limits=limits, not_before=10**10), flight(1 + DEADLINE, limits=limits)
    flights = [holder, waiting, arrived] if overlap == "queue" else [waiting, arrived]
    assert advance(flights, 1 + DEADLINE) == {}
    assert [outcome for outcome, _ in advance(flights, 2 + DEADLINE).values()] == ["too-late"]
    assert arrived in flights


@pytest.mark.parametrize("overlap", ["queue", "skip"])
def test_next_tick_before_the_deadline_of_one_that_waits(overlap: str) -> None:
    """As long as an earlier tick may still begin, the next one is left out."""
    limits = with_limits(overlap=overlap, start_deadline=DEADLINE)
    waiting, arrived = flight(1, limits=limits, not_before=10**10), flight(DEADLINE, limits=limits)
    [(outcome, _)] = advance([waiting, arrived], DEADLINE).values()
    assert outcome == "skipped"
