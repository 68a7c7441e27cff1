"""Which attempts follow a run that ended badly, and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision import retrying
from supervision.limits import LONGEST_BACKOFF
from tests.unit.supervision.flying import T, running, with_limits

BAD = ("failed", "timed-out", "interrupted", "not-started")


@pytest.mark.parametrize(
    ("retries", "retry_on", "outcome", "exit_code", "follows", "attempt"),
    [
        (0, (), "failed", 1, False, 1),
        (0, (), "interrupted", 137, False, 1),
        (1, (), "failed", 1, True, 2),
        (1, (), "failed", None, True, 2),
        (1, (), "timed-out", 143, True, 2),
        (1, (75,), "failed", 75, True, 2),
        (1, (75,), "failed", 1, False, 1),
        (1, (75,), "timed-out", 143, False, 1),
        (1, (75,), "interrupted", 137, True, 1),
        (1, (75,), "not-started", None, True, 1),
        (1, (), "good", 0, False, 1),
        (1, (), "stopped", 143, False, 1),
    ],
)
def test_what_is_tried_again(
    retries: int, retry_on: tuple[int, ...], outcome: str, exit_code: int | None, *, follows: bool, attempt: int
) -> None:
    """A bad exit uses up an attempt; an interruption and a failure to start do not."""
    one = running(limits=with_limits(retries=retries, retry_on=retry_on))
    assert (retrying.next_launch(one, outcome, exit_code, T) is not None) is follows
    assert one.attempt == attempt


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("outcome", BAD)
def test_a_lost_worker_is_replaced(outcome: str, retries: int) -> None:
    """Up to three times, with and without retries, and no attempt is used up. Anything else is as for all jobs."""
    limits = with_limits(retries=retries, taken_by="worker")
    one, other = (
        running(limits=limits),
        running(limits=with_limits(retries=max(retries, int(outcome == "interrupted")))),
    )
    followed = [retrying.next_launch(one, outcome, None, T) for _ in range(5)]
    assert followed == [retrying.next_launch(other, outcome, None, T) for _ in range(5)]
    if outcome == "interrupted":
        assert (one.attempt, one.setbacks) == (1, retrying.MOST_SETBACKS)


@given(st.lists(st.sampled_from(BAD), min_size=20, max_size=20), st.integers(0, 5))
def test_attempts_end(outcomes: list[str], retries: int) -> None:
    """However its runs end, a tick has no more attempts than it may, and at most three that do not count."""
    one = running(limits=with_limits(retries=retries))
    ran = 1
    for outcome in outcomes:
        if retrying.next_launch(one, outcome, 1, T) is None:
            break
        ran += 1
    assert ran <= retries + 1 + retrying.MOST_SETBACKS
    assert one.attempt <= retries + 1


@given(st.integers(1, 7200), st.integers(0, 30), st.text(max_size=5))
def test_times_double_with_some_chance(backoff: int, attempts: int, job: str) -> None:
    """Each time is the double of the last, up to an hour, and up to a quarter longer. The same decision is the same."""
    first, again = (
        running(job=f"j{job}", limits=with_limits(retries=50, backoff=backoff), attempt=attempts + 1) for _ in range(2)
    )
    moment = retrying.next_launch(first, "failed", 1, T)
    assert moment == retrying.next_launch(again, "failed", 1, T)
    least = min(backoff * 2 ** min(attempts, 20), LONGEST_BACKOFF)
    assert moment is not None
    assert least <= moment - T <= round(1.25 * least)


def test_no_attempt_begins_after_the_time_of_all() -> None:
    """The next attempt would begin at the end of the total time, so none does."""
    late, early = (running(limits=with_limits(retries=1, backoff=60, total_timeout=total)) for total in (60, 200))
    assert retrying.next_launch(late, "failed", 1, T) is None
    assert retrying.next_launch(early, "failed", 1, T) is not None


def test_a_stopped_tick_is_not_tried_again() -> None:
    """A later tick has replaced it, or its total time is over."""
    assert retrying.next_launch(running(limits=with_limits(retries=9), last=True), "failed", 1, T) is None


@given(st.integers(1, 100))
def test_calls_are_repeated_within_a_minute_or_so(count: int) -> None:
    """Throttled calls come again soon, and not all at once."""
    delay = retrying.next_call(running(), count, T) - T
    assert min(2 << min(count, 10), 60) <= delay <= 75
