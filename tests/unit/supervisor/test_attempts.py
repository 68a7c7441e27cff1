"""A run in the ledger says which attempt of its tick it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from supervision.limits import Limits
from tests.unit.supervisor.fake_ecs import Life
from tests.unit.supervisor.fleet import Fleet
from tests.unit.watch.world import START
from watch.records import Tick

FAILS, INTERRUPTED = Life(exit_code=1), Life(interrupted=True)


@pytest.mark.parametrize(
    "events", [[], ["lost"] * 3, ["late"] * 4, ["doubled"] * 9], ids=["", "lost", "late", "doubled"]
)
@pytest.mark.parametrize(
    ("limits", "lives", "runs"),
    [
        ({"retries": 2}, [FAILS], [("failed", 1, 3), ("good", 2, 3)]),
        ({"retries": 1}, [INTERRUPTED, FAILS], [("interrupted", 1, 2), ("failed", 1, 2), ("good", 2, 2)]),
        ({"timeout": 600}, [FAILS], [("failed", 0, 0)]),
    ],
    ids=["retries", "an interruption uses up none", "no retries"],
)
def test_attempts(
    limits: dict[str, Any], lives: list[Life], runs: list[tuple[str, int, int]], events: list[str]
) -> None:
    """Whatever happens to the events, also long after the end, it is the attempt that JOB_ATTEMPT named."""
    fleet = Fleet({"web": (30, Limits(start_deadline=900, backoff=30, **limits))})
    fleet.ecs.lives, fleet.events_meet = [*lives], [*events]
    fleet.pass_time(1700)
    tick = fleet.world.tick("web", START)
    known = sorted(tick.runs.values(), key=lambda run: run.created or "")
    assert [(run.outcome, run.attempt, run.attempts) for run in known] == runs
    named = [int(task.environment["JOB_ATTEMPT"]) for task in fleet.ecs.tasks]
    assert named == [run.attempt or 1 for run in known]
    plain = json.loads(json.dumps(tick.to_plain()))
    assert Tick.from_plain(plain, tick.version) == tick
    assert all(
        ("attempt" in run) == ("attempts" in run) == bool(limits.get("retries")) for run in plain["runs"].values()
    )
