"""An operator stops an attempt of a supervised job: no other one follows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from supervision.limits import Limits
from tests.unit.supervisor.fake_ecs import Life
from tests.unit.supervisor.fleet import Fleet
from tests.unit.watch.world import CLUSTER, START
from watch import instants
from watch.stops import AnnouncedStop

LIMITS = Limits(start_deadline=900, retries=2, backoff=30)


@pytest.mark.parametrize("withdrawn", [False, True], ids=["stopped", "withdrawn"])
@pytest.mark.parametrize("answer", ["StopTask", "by itself"])
def test_a_stopped_attempt_is_the_last(answer: str, *, withdrawn: bool) -> None:
    """That holds too if the task fails in the moment of the stop, so that ECS gives another reason."""
    fleet = Fleet({"web": (30, LIMITS)})
    fleet.ecs.lives = [Life(runs=40, exit_code=1), Life(), Life()]
    fleet.pass_time(50)
    [task] = fleet.ecs.tasks
    at = START + timedelta(seconds=50)
    stop = AnnouncedStop(by="ada", why="wrong input", at=instants.text(at), schedule="web", tick="")
    fleet.ledger.stops[task.id] = stop.withdraw() if withdrawn else stop
    if answer == "StopTask":
        fleet.ecs.stop_task(CLUSTER, task.arn, "wrong input" if withdrawn else stop.reason)
    fleet.pass_time(1600)
    found = fleet.world.tick("web", START)
    repeated = withdrawn and answer == "by itself"
    assert (len(fleet.ecs.tasks), found.outcome) == ((2, "good") if repeated else (1, "stopped"))
    assert fleet.world.told() == []
    assert fleet.flights() == {}
    if not withdrawn:
        assert found.runs[task.id].reason == "scheduled-jobs: stopped by ada: wrong input"
