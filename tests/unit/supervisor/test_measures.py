"""What CloudWatch learns of supervised jobs: attempts, what was left out, and how long ticks waited."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from supervision.limits import Limits
from tests.unit.supervisor.fake_ecs import Life
from tests.unit.supervisor.fleet import Fleet
from tests.unit.supervisor.test_reruns import request
from watch import metrics
from watch.measures import LAUNCH_DELAY, LOCK_WAIT, RETRIES, SKIPPED_TICKS, TIMED_OUT_RUNS, TOO_LATE_TICKS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

OF_RUNS = ("Runs", "Failures", "Duration")
LONG, FAILS = Life(runs=900), Life(exit_code=1)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, list[float]]]:
    """Return the values of each job's metrics, as far as only supervised jobs have them."""
    found: defaultdict[str, dict[str, list[float]]] = defaultdict(dict)

    def emit(_: datetime, dimensions: Mapping[str, str], values: Mapping[str, float], *, also: list[str]) -> None:
        for name, value in values.items() if also == ["Group"] and "Job" in dimensions else ():
            assert name in metrics.UNITS
            if name not in OF_RUNS:
                found[dimensions["Job"]].setdefault(name, []).append(value)

    monkeypatch.setattr(metrics, "emit", emit)
    return found


@pytest.mark.parametrize(
    ("limits", "lives", "values"),
    [
        ({}, [], {LAUNCH_DELAY: [2, 2]}),
        ({"retries": 2, "backoff": 30}, [FAILS, FAILS], {LAUNCH_DELAY: [2, 2], RETRIES: [1, 1]}),
        ({"retries": 1, "backoff": 30}, [Life(interrupted=True)], {LAUNCH_DELAY: [2, 2], RETRIES: [1]}),
        ({"timeout": 300}, [LONG], {LAUNCH_DELAY: [2, 2], TIMED_OUT_RUNS: [1]}),
        ({"overlap": "skip"}, [LONG], {LAUNCH_DELAY: [2], SKIPPED_TICKS: [1]}),
        ({"overlap": "queue"}, [LONG], {LAUNCH_DELAY: [2, 322 + 2]}),
        ({"overlap": "queue", "start_deadline": 180}, [LONG], {LAUNCH_DELAY: [2], TOO_LATE_TICKS: [1]}),
    ],
    ids=["calm", "retries", "interrupted", "timeout", "skip", "queue", "too late"],
)
def test_what_becomes_of_two_ticks(
    measured: dict[str, Any], limits: dict[str, Any], lives: list[Life], values: dict[str, list[float]]
) -> None:
    """Each attempt, stop, skip and delay counts once. What did not happen is not written: each metric costs."""
    fleet = Fleet({"web": (10, Limits(**{"start_deadline": 600, **limits}))})
    fleet.ecs.lives = [*lives]
    fleet.pass_time(1100)
    assert measured["web"] == values


@pytest.mark.parametrize(
    ("lives", "deadline", "waits"),
    [
        ([Life(runs=300)], 600, {LAUNCH_DELAY: [325], LOCK_WAIT: [323]}),
        ([LONG], 300, {LOCK_WAIT: [300], TOO_LATE_TICKS: [1]}),
    ],
)
def test_the_wait_for_a_lock(
    measured: dict[str, Any], lives: list[Life], deadline: int, waits: dict[str, list[float]]
) -> None:
    """It counts from the moment at which the tick found the lock taken, until it began or was too late."""
    limits = Limits(start_deadline=deadline, lock="db", overlap="queue")
    fleet = Fleet({"a": (30, limits), "b": (30, limits)})
    fleet.ecs.lives = [*lives]
    fleet.pass_time(1000)
    assert measured["a"] == {LAUNCH_DELAY: [2]}
    assert measured["b"] == waits


def test_the_run_of_an_operator_is_not_delayed(measured: dict[str, Any]) -> None:
    """Its tick may be long ago."""
    fleet = Fleet({"web": (30, Limits(start_deadline=600))})
    fleet.pass_time(1000)
    fleet.send(request())
    fleet.pass_time(300)
    assert len(fleet.ecs.tasks) == 2
    assert measured["web"] == {LAUNCH_DELAY: [2]}
