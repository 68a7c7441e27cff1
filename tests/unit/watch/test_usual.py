"""From when on a run takes too long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watch.facts import JobFacts
from watch.usual import SHORTEST_LIMIT, limit

HOUR = 3600

# (seconds of the latest good runs, the usual time, the limit)
LIMITS = {
    "one run": ([600], 600, 1800),
    "short runs": ([20, 30], 30, SHORTEST_LIMIT),
    "the longest of a few": ([600, 610, 700], 700, 2100),
    "two odd ones of twenty": ([600] * 18 + [20_000, 30_000], 600, 1800),
    "three odd ones of twenty": ([600] * 17 + [3000] * 3, 3000, 9000),
    "long runs": ([10 * HOUR], 10 * HOUR, 16 * HOUR),
}


@pytest.mark.parametrize(("durations", "usual", "seconds"), LIMITS.values(), ids=LIMITS)
def test_limit(durations: list[int], usual: int, seconds: int) -> None:
    """The limit is three times what nine of ten good runs did not exceed, within bounds."""
    found = limit(durations, JobFacts())
    assert found is not None
    assert (found.usual, found.seconds) == (usual, seconds)


def test_no_limit() -> None:
    """A job without good runs has no limit, unless it says one itself."""
    assert limit([], JobFacts()) is None
    own = limit([], JobFacts(longest_run=60))
    assert own is not None
    assert (own.usual, own.seconds) == (None, 60)


@given(st.lists(st.integers(0, 10 * HOUR), min_size=11, max_size=20), st.integers(0, 1000 * HOUR))
def test_one_odd_run_moves_the_limit_little(durations: list[int], odd: int) -> None:
    """One run of any length raises the limit at most to that of the longest other run."""
    found, worst = limit([*durations[1:], odd], JobFacts()), limit([max(durations[1:])], JobFacts())
    assert found is not None
    assert worst is not None
    assert found.seconds <= worst.seconds
