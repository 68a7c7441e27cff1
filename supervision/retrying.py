"""Whether and when a further attempt follows a run that ended badly. Pure."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from supervision.limits import LONGEST_BACKOFF
from supervision.stops import NOT_STARTED, TIMED_OUT, total_end

if TYPE_CHECKING:
    from supervision.flights import Flight

FAILED, INTERRUPTED = "failed", "interrupted"

MOST_SETBACKS = 3
"""Launches of one tick that may fail without using up an attempt: interruptions, and tasks that do not start."""

_JITTER = 0.25
"""The share by which a time is longer at most, so that jobs that failed together do not begin together."""
_CALL_AGAIN, _LONGEST_CALL_AGAIN = 2, 60
"""Seconds between two calls of RunTask for one launch."""


def next_launch(flight: Flight, outcome: str, exit_code: int | None, now: int) -> int | None:
    """Return when the next attempt begins after a run with this outcome, and count it; None when none follows.

    A run whose worker was lost is launched again without `retries` too: workers come and go with each deployment.
    """
    limits = flight.limits
    goes_on = limits.works and outcome == INTERRUPTED
    if flight.last or not (limits.retries or goes_on):
        return None
    if outcome in (INTERRUPTED, NOT_STARTED):
        if flight.setbacks >= MOST_SETBACKS:
            return None
        delay = _grown(limits.backoff, flight.setbacks, flight)
        flight.setbacks += 1
    elif outcome in (FAILED, TIMED_OUT):
        if flight.attempt > limits.retries or (limits.retry_on and exit_code not in limits.retry_on):
            return None
        delay = _grown(limits.backoff, flight.attempt - 1, flight)
        flight.attempt += 1
    else:
        return None
    end = total_end(flight)
    return None if end is not None and now + delay >= end else now + delay


def next_call(flight: Flight, calls: int, now: int) -> int:
    """Return when RunTask is called again after a number of calls that started nothing, or had no answer."""
    delay = min(_CALL_AGAIN << min(calls, 10), _LONGEST_CALL_AGAIN)
    return now + round(delay * (1 + _JITTER * _chance(flight, f"call {calls}")))


def _grown(backoff: int, doublings: int, flight: Flight) -> int:
    delay = min(backoff << min(doublings, 20), LONGEST_BACKOFF)
    return round(delay * (1 + _JITTER * _chance(flight, f"launch {flight.launches}")))


def _chance(flight: Flight, what: str) -> float:
    """Return a number from 0 to 1 that is the same whenever this decision is made again."""
    return random.Random(f"{flight.name} {what}").random()  # noqa: S311 - nothing secret
