"""Tests of what the limits of a job make of a backfill."""

from __future__ import annotations

from typing import Any

import pytest

from ops.backfilling import manners
from ops.errors import OpsError
from supervision.flights import Flight
from supervision.limits import OVERLAPS, Limits
from supervision.locks import Lock
from supervision.traffic import Traffic

LIMITS = {overlap: Limits(start_deadline=7200, overlap=overlap) for overlap in OVERLAPS}
LOCKED = Limits(start_deadline=900, overlap="queue", lock="orders", retries=2)


@pytest.mark.parametrize(
    ("limits", "alone", "several"),
    [
        (None, 1, 4),
        (LIMITS["allow"], 1, 4),
        (LIMITS["skip"], 1, 1),
        (LIMITS["queue"], 1, 1),
        (LIMITS["replace"], 1, None),
        (LOCKED, 1, 1),
    ],
    ids=["direct", "allow", "skip", "queue", "replace", "lock"],
)
def test_how_many_go_on_at_once(limits: Limits | None, alone: int, several: int | None) -> None:
    """A job that lets one run go on at a time gets one tick at a time; None is refused."""
    assert manners.at_once(limits, 1) == alone
    if several is not None:
        assert manners.at_once(limits, 4) == several
        return
    with pytest.raises(OpsError, match=r"^--parallel 4: the job has overlap=replace, .*; must be 1, "):
        manners.at_once(limits, 4)


SUPERVISOR = "The supervisor launches each tick. It gives up one that it cannot launch within 2 hours."
ALONE = "each tick is sent when no other tick of the job is in flight"
DUE = "A tick of the schedule itself that comes due meanwhile"
STOPS = "stops the run, and with it the backfill; the same command goes on."
RETRIES = "The supervisor launches each tick, up to 3 times if it fails."


@pytest.mark.parametrize(
    ("limits", "parallel", "said"),
    [
        (
            None,
            1,
            ["Nothing keeps the runs of this job apart: they may go on beside a run of the schedule itself."],
        ),
        (
            LIMITS["allow"],
            2,
            ["The job has overlap=allow: runs may go on beside a run of the schedule itself.", SUPERVISOR],
        ),
        (
            LIMITS["skip"],
            3,
            [
                f"The job has overlap=skip: {ALONE}, so --parallel 3 changes nothing.",
                f"{DUE} is skipped.",
                SUPERVISOR,
            ],
        ),
        (
            LIMITS["replace"],
            1,
            [
                f"The job has overlap=replace: {ALONE}.",
                f"{DUE} {STOPS}",
                SUPERVISOR,
            ],
        ),
        (
            LOCKED,
            1,
            [
                f"The job has overlap=queue: {ALONE}.",
                "It also waits until nobody holds the lock orders.",
                f"{DUE} waits for the run, until its own start deadline.",
                f"{RETRIES} It gives up one that it cannot launch within 15 minutes.",
            ],
        ),
    ],
    ids=["direct", "allow", "skip", "replace", "lock"],
)
def test_it_is_said_in_words(limits: Limits | None, parallel: int, said: list[str]) -> None:
    """The operator learns what becomes of the ticks, and of those of the schedule."""
    assert list(manners.explained(limits, parallel)) == said


def flight(**changed: Any) -> Flight:  # noqa: ANN401 - fields of a flight
    """Return a tick in flight."""
    return Flight("report.a", "2027-02-02T01:00:00Z", LIMITS["skip"], 0, 0, 0, **changed)


IN_FLIGHT = "the tick 2027-02-02T01:00:00Z of report.a is in flight"


@pytest.mark.parametrize(
    ("limits", "flights", "holder", "obstacle"),
    [
        (None, [flight()], "", ""),
        (LIMITS["allow"], [flight()], "", ""),
        (LIMITS["skip"], [flight()], "", IN_FLIGHT),
        (LIMITS["queue"], [flight(insists=True)], "", ""),
        (LIMITS["replace"], [flight(insists=True), flight()], "", IN_FLIGHT),
        (LOCKED, [], "", ""),
        (LOCKED, [], "export/x", "export/x holds the lock orders"),
        (LOCKED, [flight()], "export/x", IN_FLIGHT),
    ],
)
def test_what_keeps_a_tick_back(limits: Limits | None, flights: list[Flight], holder: str, obstacle: str) -> None:
    """A tick of any schedule of the job does, and another job with its lock; a run that insists holds nothing."""
    traffic = Traffic(flights, {"orders": Lock("orders", holder)})
    assert manners.obstacle(limits, traffic) == obstacle
