"""RunTask is throttled as ECS throttles it."""

from __future__ import annotations

from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.ecs.launch_rates import LaunchRates, TokenBucket
from emulator.gateway.gateway import AwsError
from emulator.timekeeping.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2027, 1, 4, tzinfo=UTC)
REGION = "eu-central-1"
steps = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 10)), max_size=60)
"""Calls, each with the milliseconds since the one before and the tokens that it takes."""


@given(steps)
def test_bucket(calls: list[tuple[int, int]]) -> None:
    """From each call on, no more is taken than a full bucket and what comes back; what is there is never refused."""
    bucket, now, left = TokenBucket.full(10, 2, START), START, 10.0
    taken: list[tuple[datetime, int]] = []
    for wait, count in calls:
        now += timedelta(milliseconds=wait)
        left = min(10.0, left + 2 * wait / 1000)
        granted = bucket.take(count, now)
        assert granted == (count <= left + 1e-6) or abs(count - left) < 1e-6
        if granted:
            left -= count
            taken.append((now, count))
    for place, (since, _) in enumerate(taken):
        for until, _ in taken[place:]:
            total = sum(count for at, count in taken if since <= at <= until)
            assert total <= 10 + 2 * (until - since).total_seconds() + 1e-6


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Return a clock that stands still."""
    with closing(Clock(START)) as made:
        yield made


def granted(rates: LaunchRates, calls: int, count: int = 1, provider: str | None = None, region: str = REGION) -> int:
    """Return how many of some calls are not throttled."""
    found = 0
    for _ in range(calls):
        with suppress(AwsError):
            rates.take(region, count, provider)
            found += 1
    return found


def test_calls(clock: Clock) -> None:
    """Twenty calls are taken at once, and twenty more in each second, in each region."""
    rates = LaunchRates()
    assert [granted(rates, 30), granted(rates, 30), granted(rates, 30, region="eu-west-1")] == [20, 0, 20]
    clock.move_to(START + timedelta(milliseconds=250))
    assert granted(rates, 30) == 5
    clock.move_to(START + timedelta(hours=1))
    assert granted(rates, 30) == 20


def test_tasks(clock: Clock) -> None:
    """A hundred tasks are launched at once, and twenty more in each second, on demand and on Spot."""
    rates = LaunchRates()
    assert granted(rates, 11, count=10) == 10
    assert granted(rates, 5, count=10, provider="FARGATE") == 0
    clock.move_to(START + timedelta(seconds=1))
    assert granted(rates, 5, count=10, provider="FARGATE") == 2
    assert granted(rates, 11, count=10, provider="FARGATE_SPOT") == 10
