"""What a change of a supervised job's record adds to the metrics. Pure.

A job that Scheduler launches itself has no ticks in flight, and none that are skipped or too late, so it adds nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from watch import classes, instants, supervising

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from supervision.flights import Flight
    from watch.ledger import TickKey
    from watch.records import JobRecord, Tick

RETRIES, TIMED_OUT_RUNS, SKIPPED_TICKS, TOO_LATE_TICKS = "Retries", "TimedOutRuns", "SkippedTicks", "TooLateTicks"
LAUNCH_DELAY, LOCK_WAIT = "LaunchDelay", "LockWait"

_TICKS = {classes.SKIPPED: SKIPPED_TICKS, classes.TOO_LATE: TOO_LATE_TICKS}


@dataclass(frozen=True)
class _Seen:
    """A tick in flight, and what was known of it before the change."""

    flight: Flight
    tasks: int = 0
    waited: bool = True
    """Whether it had not begun."""


@dataclass(frozen=True)
class Before:
    """What the metrics need to know of a job's record from before a change."""

    flights: Mapping[str, _Seen]
    outcomes: Mapping[TickKey, str]


def before(record: JobRecord, ticks: Mapping[TickKey, Tick]) -> Before:
    """Return what `added` needs. The change then alters the same record and ticks."""
    flights = {one.name: _Seen(one, one.tasks, one.began is None) for one in record.traffic.flights}
    return Before(flights, {key: tick.outcome for key, tick in ticks.items()})


def added(old: Before, record: JobRecord, ticks: Mapping[TickKey, Tick], now: datetime) -> list[dict[str, float]]:
    """Return the values that a change adds to the metrics, each once: counts, and seconds for each tick that began."""
    going_on = {one.name for one in record.traffic.flights}
    seen = [*old.flights.values(), *(_Seen(one) for one in record.traffic.flights if one.name not in old.flights)]
    ended = [tick.outcome for key, tick in ticks.items() if tick.outcome != old.outcomes[key]]
    counts: dict[str, float] = {**Counter(_TICKS[outcome] for outcome in ended if outcome in _TICKS)}
    retries = sum(max(one.flight.tasks - 1, 0) - max(one.tasks - 1, 0) for one in seen)
    if retries:
        counts[RETRIES] = retries
    waits = [dict(_waits(one, now, goes_on=one.flight.name in going_on)) for one in seen if one.waited]
    return [values for values in (counts, *waits) if values]


def _waits(seen: _Seen, now: datetime, *, goes_on: bool) -> Iterator[tuple[str, float]]:
    """Yield how long a tick has waited, if its wait is over: it has begun, or has ended without a launch.

    The delay counts from the tick, as the start deadline does. An operator's run has no time at which it was due.
    """
    flight = seen.flight
    if flight.began is not None and not flight.rerun:
        yield LAUNCH_DELAY, flight.began - supervising.seconds(instants.read(flight.tick))
    if flight.lock_refused is not None and (flight.began is not None or not goes_on):
        yield LOCK_WAIT, (flight.began or supervising.seconds(now)) - flight.lock_refused
