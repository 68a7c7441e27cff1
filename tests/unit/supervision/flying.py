"""A job's ticks in flight for the tests of the rules about them. The first tick is due at T."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from supervision import progress
from supervision.flights import Flight, Launch
from supervision.limits import Limits
from supervision.traffic import Traffic

T = 1_800_000_000
"""Seconds since 1970: the first tick."""
TASK = "arn:aws:ecs:eu-central-1:123456789012:task/production/0af3"
CLUSTER = "arn:aws:ecs:eu-central-1:123456789012:cluster/production"
LIMITS = Limits(start_deadline=900)


def flight(at: int = 0, job: str = "web", limits: Limits = LIMITS, **changed: Any) -> Flight:  # noqa: ANN401 - a field
    """Return the flight of a tick that is due `at` seconds after T and has just arrived."""
    due = T + at
    known: dict[str, Any] = {
        "schedule": job,
        "tick": datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "limits": limits,
        "arrived": due,
        "launch_by": due + limits.start_deadline,
        "punctual_until": due + 120,
    }
    return Flight(**{**known, **changed})


def with_limits(**changed: Any) -> Limits:  # noqa: ANN401 - a field
    """Return the usual limits with some others."""
    return replace(LIMITS, **changed)


def launched(at: int = 0, **changed: Any) -> Flight:  # noqa: ANN401 - a field
    """Return the flight of a tick whose first launch was decided at its time, and is called the first time."""
    known: dict[str, Any] = {"began": T + at, "launches": 1, "launch": Launch(1, 1, T + at, calls=1)}
    return flight(at, **{**known, **changed})


def running(at: int = 0, **changed: Any) -> Flight:  # noqa: ANN401 - a field
    """Return the flight of a tick whose task was RUNNING ten seconds after its tick."""
    launch = Launch(1, 1, T + at, calls=1, task=f"{TASK}{at}", cluster=CLUSTER, created=T + at, started=T + at + 10)
    return launched(at, launch=launch, **changed)


def advance(flights: list[Flight], at: int, *, gone: str = "") -> dict[str, tuple[str, str]]:
    """Take all steps that are due `at` seconds after T; return outcome and reason of the ticks that end, by tick."""
    traffic = Traffic(flights)
    endings = progress.advance(traffic, T + at, gone=gone)
    flights[:] = traffic.flights
    return {ending.flight.tick: (ending.outcome, ending.reason) for ending in endings}
