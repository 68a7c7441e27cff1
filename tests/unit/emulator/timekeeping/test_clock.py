"""The sandbox's clock stands still, goes forward only, and leaves waiting to the machine's."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from emulator.timekeeping.clock import Clock

START = datetime(2027, 3, 28, tzinfo=UTC)


def test_stands_still() -> None:
    """Between two moves it is the same moment, for whoever asks."""
    with closing(Clock(START)) as clock:
        assert [clock.now(), datetime.now(UTC), datetime.fromtimestamp(time.time(), UTC)] == [START] * 3


@given(st.lists(st.integers(-(10**6), 10**6), max_size=6))
def test_never_goes_back(seconds: list[int]) -> None:
    """Wherever it is told to go, it shows the latest moment so far."""
    with closing(Clock(START)) as clock:
        for offset in seconds:
            clock.move_to(START + timedelta(seconds=offset))
        assert clock.now() == START + timedelta(seconds=max([0, *seconds]))


def test_durations_are_the_machine_s() -> None:
    """What waits, waits in real time: the monotonic clock runs on, and does not jump."""
    before = time.monotonic()
    with closing(Clock(START)) as clock:
        clock.move_to(START + timedelta(days=365))
        first = time.monotonic()
        while time.monotonic() == first:
            pass
        assert before <= first < before + timedelta(days=1).total_seconds()


def test_live() -> None:
    """A live clock is the machine's, wherever it is told to go."""
    before = datetime.now(UTC)
    with closing(Clock(None)) as clock:
        assert clock.live
        clock.move_to(before + timedelta(days=1))
        assert before <= clock.now() < before + timedelta(days=1)


def test_gives_the_time_back() -> None:
    """When it is closed, the process has its own time again."""
    before = datetime.now(UTC)
    Clock(START).close()
    assert before <= datetime.now(UTC)
