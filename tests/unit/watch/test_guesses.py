"""Tasks of which AWS does not say for which tick they are."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from tests.unit.watch.told import TEXT, TICK, nightly
from tests.unit.watch.world import EcsTask, World, events
from watch.decisions import LONGEST_WAIT
from watch.sweep import SweepError

YESTERDAY = TICK - timedelta(days=1)


def test_waits_for_the_answer(world: World) -> None:
    """While AWS refuses to describe the task nothing is settled, and later the true tick is alerted."""
    world.account.refused = {"DescribeTasks"}
    for event in events(world, EcsTask("nightly-report", YESTERDAY, id="late"), exit_code=1):
        world.watch.take_event(event)
    world.pass_time(minutes=10)
    assert [class_ for class_, _, tick in world.told() if tick == TEXT] == []
    world.account.refused.clear()
    world.pass_time(minutes=5)
    assert world.told() == [("failed", "nightly-report", "2027-01-03T02:00:00Z")]


def test_guesses_at_last(world: World) -> None:
    """When ECS will soon forget the task, it counts for the tick that was due. The run says that this is a guess."""
    world.account.refused = {"DescribeTasks"}
    for event in events(world, nightly(), exit_code=1):
        world.watch.take_event(event)
    begun = world.now
    while not world.told():
        world.now += timedelta(minutes=5)
        with suppress(SweepError):  # the runs cannot be compared with ECS
            world.look()
    assert world.now - begun == LONGEST_WAIT
    assert world.told() == [("failed", "nightly-report", TEXT)]
    assert world.tick("nightly-report", TICK).runs["0af3"].guessed


def test_task_that_ecs_does_not_know(world: World) -> None:
    """A stopped task that ECS has forgotten counts at once for the tick that was due."""
    for event in events(world, nightly(), exit_code=1):
        world.account.described.clear()
        world.watch.take_event(event)
    assert world.told() == [("failed", "nightly-report", TEXT)]
    assert world.tick("nightly-report", TICK).runs["0af3"].guessed


def test_search_for_a_tick_keeps_what_is_settled(world: World) -> None:
    """A run whose tick was guessed stays under that tick when a check finds its task in ECS."""
    task = EcsTask("nightly-report", YESTERDAY, id="late")
    described = events(world, task, exit_code=1)
    known = world.account.described.pop(task.arn)
    world.watch.take_event(described[-1])
    assert world.told() == [("failed", "nightly-report", TEXT)]
    world.account.described[task.arn] = known
    world.now += timedelta(days=1)
    world.look()
    assert [class_ for class_, _, _ in world.told()].count("failed") == 1
