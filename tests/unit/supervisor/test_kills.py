"""An hour of supervised jobs, killed before and after each call that the functions make.

The calls are counted in a run without a kill. Each further run is killed at one of them, and ECS refuses what follows.
"""

from __future__ import annotations

import pytest

from supervision.limits import Limits
from tests.unit.supervisor.fake_ecs import Life
from tests.unit.supervisor.fleet import Fleet
from tests.unit.supervisor.promises import Promises
from tests.unit.watch.world import START
from watch import instants
from watch.launches import Message

JOBS = {
    "alpha": (30, Limits(start_deadline=900, retries=1, backoff=20, timeout=100, overlap="replace", lock="books")),
    "bravo": (30, Limits(start_deadline=1500, overlap="queue", lock="books", run_revision="service")),
}
LIVES = [Life(exit_code=1), Life(runs=500), Life()]
EVENTS = 8
"""Events that are lost at first. The looks and the repeated calls must do without."""
RERUN = 1000
"""The second at which an operator asks for a run."""
SHARES = 8


def run(at: int | None = None) -> Fleet:
    """Let half an hour pass, killed at one step, and as much time that everything comes to its end."""
    fleet = Fleet(JOBS)
    promises = Promises(fleet)
    fleet.ecs.lives = [*LIVES]
    fleet.kills, fleet.after_kill = set() if at is None else {at}, ["throttled", "throttled"]
    fleet.events_meet = ["lost"] * EVENTS
    for second in range(0, 1700, 50):
        if second == RERUN:
            fleet.send(Message(job="bravo", schedule="bravo", tick=instants.text(START), rerun="0000aaaa"))
        fleet.pass_time(50)
        promises.check()
    steps = fleet.steps
    fleet.pass_time(3600)
    promises.check_end(2400)
    assert len(fleet.killed) == (0 if at is None else 1)
    fleet.steps = steps
    return fleet


@pytest.fixture(scope="module")
def whole() -> Fleet:
    """Return the fleet after the hour without a kill."""
    return run()


def test_the_hour_has_everything_in_it(whole: Fleet) -> None:
    """A failure, a retry, a stop at a time limit, a wait for the lock, a question to the service, and a rerun."""
    first = [(task.job, task.attempt, task.rerun) for task in whole.ecs.tasks if task.due == START]
    assert sorted(first) == [("alpha", 1, ""), ("alpha", 2, ""), ("bravo", 1, ""), ("bravo", 1, "0000aaaa")]


@pytest.mark.parametrize("share", range(SHARES))
def test_a_kill_at_each_step(whole: Fleet, share: int) -> None:
    """Nothing runs twice or beside another, nothing is lost, and nothing is told twice."""
    for at in range(1 + share, whole.steps + 1, SHARES):
        killed = run(at)
        tokens = [task.request["ClientToken"] for task in killed.ecs.tasks if task.due == START]
        assert len(tokens) == len(set(tokens))
