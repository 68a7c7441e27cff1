"""Messages wake the supervisor for each moment at which it has something to do."""

from __future__ import annotations

from supervision.limits import Limits
from tests.unit.supervisor.fake_ecs import Life
from tests.unit.supervisor.fleet import Fleet


def test_each_tick_in_flight_has_its_own_wake_up() -> None:
    """A tick that waits for a run is too late half a minute before the run's limit, which is kept all the same."""
    fleet = Fleet({"web": (15, Limits(start_deadline=600, overlap="queue", timeout=1508))})
    fleet.ecs.lives = [Life(runs=10**5)]
    fleet.pass_time(1560)
    first = fleet.ecs.tasks[0]
    assert first.stopped is not None
    started = next(since for since, state in first.states if state["lastStatus"] == "RUNNING")
    assert 0 <= first.stopped - started - 1508 < 10
