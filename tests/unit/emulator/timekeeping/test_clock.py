"""The sandbox's clock stands still, moves only forward, and does not affect waits."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from emulator.timekeeping.clock import Clock

START = datetime(2027, 3, 28, tzinfo=UTC)


def test_stands_still() -> None:
    """Between two moves the time is the same for all code."""
    with closing(Clock(START)) as clock:
        assert [clock.now(), datetime.now(UTC), datetime.fromtimestamp(time.time(), UTC)] == [START] * 3


@given(st.lists(st.integers(-(10**6), 10**6), max_size=6))
def test_never_goes_back(seconds: list[int]) -> None:
    """The clock shows the latest time to which it was moved."""
    with closing(Clock(START)) as clock:
        for offset in seconds:
            clock.move_to(START + timedelta(seconds=offset))
        assert clock.now() == START + timedelta(seconds=max([0, *seconds]))


def test_durations_are_the_machine_s() -> None:
    """Waits take real time: the monotonic clock runs on and does not jump."""
    before = time.monotonic()
    with closing(Clock(START)) as clock:
        clock.move_to(START + timedelta(days=365))
        first = time.monotonic()
        while time.monotonic() == first:
            pass
        assert before <= first < before + timedelta(days=1).total_seconds()


def test_live() -> None:
    """A live clock shows the machine's time, wherever it is moved."""
    before = datetime.now(UTC)
    with closing(Clock(None)) as clock:
        assert clock.live
        clock.move_to(before + timedelta(days=1))
        assert before <= clock.now() < before + timedelta(days=1)


def test_gives_the_time_back() -> None:
    """A closed clock restores the process's own time."""
    before = datetime.now(UTC)
    Clock(START).close()
    assert before <= datetime.now(UTC)
