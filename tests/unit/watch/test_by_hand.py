"""Runs that an operator starts beside those of Scheduler."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from tests.unit.watch.told import TEXT, TICK, nightly
from tests.unit.watch.world import GROUP, PLACE, EcsTask, World, events, letter, request_with, run
from watch import instants
from watch.names import BY_HAND, by_hand_schedule, rerun_of_schedule
from watch.watched_account import deployed


def by_hand(world: World, tick: datetime, exit_code: int, id_: str = "hand") -> None:
    """Let an operator run a tick again."""
    task = EcsTask("nightly-report", tick, id=id_, state={"startedBy": BY_HAND})
    for event in events(world, task, exit_code):
        world.watch.take_event(event)


def test_run_before_its_tick_does_not_count(world: World) -> None:
    """An operator's run of a tick to come does not hide that Scheduler does not run it."""
    world.now = TICK - timedelta(hours=1)
    by_hand(world, TICK, exit_code=0)
    assert world.told() == []
    world.pass_time(hours=2)
    assert world.told() == [("missed", "nightly-report", TEXT)]
    assert world.tick("nightly-report", TICK).outcome == "missed"


def test_run_before_its_tick_beside_the_real_one(world: World) -> None:
    """Scheduler's run is judged for itself."""
    world.now = TICK - timedelta(hours=1)
    by_hand(world, TICK, exit_code=0)
    world.now = TICK
    run(world, nightly(), exit_code=1)
    assert world.told() == [("failed", "nightly-report", TEXT)]
    assert world.tick("nightly-report", TICK).outcome == "failed"


def test_run_again_that_fails_is_one_alert(world: World) -> None:
    """Each run of an operator that fails is one alert of its own, at once."""
    run(world, nightly(), exit_code=1)
    world.pass_time(minutes=1)
    by_hand(world, TICK, exit_code=2, id_="h1")
    by_hand(world, TICK, exit_code=3, id_="h2")
    assert [(alert["class"], alert["exitCode"], alert["kind"]) for alert in world.alerts()] == [
        ("failed", 1, "alert"),
        ("failed", 2, "alert"),
        ("failed", 3, "alert"),
    ]
    assert len({alert["id"] for alert in world.alerts()}) == 3


def test_run_again_that_is_good_recovers(world: World) -> None:
    """An operator's good run of an alerted tick ends the trouble."""
    run(world, nightly(), exit_code=1)
    by_hand(world, TICK, exit_code=0)
    assert [class_ for class_, _, _ in world.told()] == ["failed", "recovered"]


def test_run_again_beside_a_run_that_goes_on(world: World) -> None:
    """The job has not recovered while Scheduler's run of the same tick goes on."""
    run(world, EcsTask("nightly-report", TICK - timedelta(days=1), id="old"), exit_code=1)
    first = nightly()
    for state in ("PROVISIONING", "RUNNING"):
        event = first.moved(state, world.now)
        world.account.described[first.arn] = first.described()
        world.watch.take_event(event)
    by_hand(world, TICK, exit_code=0)
    assert [class_ for class_, _, _ in world.told()] == ["failed"]
    world.now += timedelta(minutes=3)
    world.watch.take_event(first.stopped(world.now, 0))
    assert [class_ for class_, _, _ in world.told()] == ["failed", "recovered"]


def test_a_launch_that_an_operator_asked_scheduler_for_is_given_up(world: World) -> None:
    """Nobody is alerted: the operator waits for it. The tick is judged without it, and its reason has the request."""
    world.now = TICK + timedelta(minutes=1)
    one_time = f"arn:aws:scheduler:{PLACE}:schedule/{GROUP}/by-hand_0000aaaa"
    at = instants.text(TICK + timedelta(minutes=1))
    dead = letter("by-hand_0000aaaa", None, SCHEDULE_ARN=one_time, SCHEDULED_TIME=at)
    variables = {"JOB_SCHEDULE": "nightly-report", "JOB_SCHEDULED_TIME": TEXT}
    world.watch.take_dead_letter({**dead, "body": json.dumps(request_with(variables))})
    found = world.tick("nightly-report", TICK)
    assert (found.alert, found.runs) == (None, {})
    assert found.reason.startswith("the run 0000aaaa that an operator asked Scheduler for: AccessDeniedException: ")
    assert world.told() == []
    world.pass_time(hours=1)
    assert [class_ for class_, _, _ in world.told()] == ["missed"]


def test_the_one_time_schedules_of_operators_are_none_of_the_jobs() -> None:
    """So nothing calls them stray, pauses them, or expects ticks of them."""
    names = ("nightly-report", "by-hand_0000aaaa", "by-hand", "by-hand_0000aaaa.x", "by-hand_0000AAAA")
    listed = [{"Name": name, "State": "ENABLED", "CreationDate": TICK, "LastModificationDate": TICK} for name in names]
    assert [*deployed(listed)] == [name for name in names if name != "by-hand_0000aaaa"]
    assert (by_hand_schedule("0000aaaa"), rerun_of_schedule("by-hand_0000aaaa")) == ("by-hand_0000aaaa", "0000aaaa")
