"""Many ticks at once, and many after an hour without a supervisor."""

from __future__ import annotations

from datetime import timedelta

from supervision.limits import Limits
from tests.unit.supervisor.fake_ecs import RATE
from tests.unit.supervisor.fleet import RECEIVES, Fleet
from tests.unit.supervisor.promises import Promises
from tests.unit.watch.world import START

MANY = 1000
DEADLINE = 900


def test_a_thousand_ticks_in_one_minute() -> None:
    """ECS launches 20 tasks a second for the whole account. All start by their deadline, and none is lost."""
    fleet = Fleet({f"job-{number}": (30, Limits(start_deadline=DEADLINE)) for number in range(MANY)})
    fleet.pass_time(DEADLINE)
    created = [task.states[0][0] - int(START.timestamp()) for task in fleet.ecs.tasks]
    assert len(created) == MANY
    assert max(created) <= DEADLINE
    assert max(map(created.count, created)) <= RATE
    assert fleet.most_receives < RECEIVES
    assert fleet.dead == []
    fleet.pass_time(300)
    assert {tick.outcome for tick in fleet.ledger.all_ticks().values()} == {"good"}


def test_ticks_that_find_no_room_are_too_late() -> None:
    """The deadline is shorter than ECS needs. Each tick is launched or is too late, and is told once."""
    fleet = Fleet({f"job-{number}": (30, Limits(start_deadline=60)) for number in range(100)})
    promises = Promises(fleet)
    fleet.ecs.answers = ["throttled"] * 300
    fleet.pass_time(1200)
    promises.check_end(600)
    outcomes = [tick.outcome for tick in fleet.ledger.all_ticks().values()]
    assert {*outcomes} == {"good", "too-late"}
    assert fleet.dead == []


def test_an_hour_without_a_supervisor() -> None:
    """The deadline is two hours. What has piled up is launched, also the ticks whose messages never came."""
    fleet = Fleet({"web": (10, Limits(start_deadline=7200))})
    fleet.ticks_meet, fleet.queue_opens = ["", "lost", "given up", "doubled"], fleet.second + 3600
    fleet.pass_time(3590)
    assert fleet.ecs.tasks == []
    fleet.pass_time(210)
    due = [START + timedelta(minutes=10 * number) for number in range(7)]
    assert sorted(task.due for task in fleet.ecs.tasks) == due
    assert [fleet.world.tick("web", tick).outcome for tick in due] == ["good"] * 7
    assert fleet.world.told() == []
