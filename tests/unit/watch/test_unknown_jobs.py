"""Events and dead letters of jobs that have no item in the ledger: not yet, or no longer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.watch.told import TEXT, TICK, nightly, only
from tests.unit.watch.world import SECRET, EcsTask, World, events, letter, refuse, run
from watch.decisions import WAITING
from watch.sweep import SweepError

if TYPE_CHECKING:
    from watch.facts import JobFacts


def without_item(world: World) -> JobFacts:
    """Remove the nightly job's item, and return its facts."""
    return world.ledger.items.pop("nightly-report")


@pytest.fixture
def new_world() -> World:
    """Return a stack at the tick of its nightly job, of which the watch has never heard: its item is not there yet."""
    made = World()
    made.ledger.items.clear()
    made.look()
    made.now = TICK
    return made


def test_event_before_the_item_is_judged_when_the_item_is_there(new_world: World) -> None:
    """The run's end is kept. The next check after the item's creation sends the alert, with the job's owner."""
    world = new_world
    facts = world.facts.jobs["nightly-report"]
    run(world, nightly(), exit_code=3)
    world.pass_time(minutes=5)
    assert world.told() == []
    world.ledger.items["nightly-report"] = facts
    world.pass_time(minutes=5)
    alert = only(world)
    assert (alert["class"], alert["tick"], alert["exitCode"]) == ("failed", TEXT, 3)
    assert (alert["owners"], alert["runbook"]) == (["data"], "https://wiki.example.com/runbook")
    assert world.ledger.jobs(refuse)["nightly-report"].waiting == []
    world.pass_time(minutes=30)
    assert len(world.told()) == 1


def test_event_whose_item_never_comes_is_judged_without_it(world: World) -> None:
    """After a quarter of an hour the run is recorded and alerted, without owner and runbook."""
    run(world, EcsTask("unheard-of", TICK), exit_code=1)
    world.pass_time(minutes=WAITING.total_seconds() // 60 - 5)
    assert world.told() == []
    world.pass_time(minutes=5)
    alert = only(world)
    assert (alert["class"], alert["job"], alert["owners"], alert["runbook"]) == ("failed", "unheard-of", [], None)


def test_run_that_ends_after_its_job_was_removed(world: World) -> None:
    """The alert has the owner and the runbook of the job as it was deployed while it ran."""
    first, second, last = events(world, nightly(), exit_code=3)
    world.watch.take_event(first)
    world.watch.take_event(second)
    without_item(world)
    world.watch.take_event(last)
    alert = only(world)
    assert (alert["class"], alert["owners"], alert["timezone"]) == ("failed", ["data"], "UTC")
    assert alert["runbook"] == "https://wiki.example.com/runbook"


def test_lost_end_of_a_removed_job_is_found(world: World) -> None:
    """The check asks ECS about the open run of a job that was removed, and its alert has the job's owner."""
    first, second, _ = events(world, nightly(), exit_code=3)
    world.watch.take_event(first)
    world.watch.take_event(second)
    without_item(world)
    world.pass_time(minutes=10)
    assert only(world)["owners"] == ["data"]


def test_kept_event_has_no_environment(new_world: World) -> None:
    """Neither the override's environment nor a second delivery is kept."""
    world = new_world
    task = nightly()
    for event in events(world, task, exit_code=3):
        for _ in range(2):
            world.watch.take_event({**event, "overrides": task.described()["overrides"]})
    kept = world.ledger.jobs(refuse)["nightly-report"]
    assert len(kept.waiting) == 3
    assert SECRET not in json.dumps(kept.to_plain())


def test_kept_event_keeps_its_tick_after_ecs_has_forgotten_the_task(new_world: World) -> None:
    """The tick is settled when the event comes, so the run is judged under it later."""
    world = new_world
    facts = world.facts.jobs["nightly-report"]
    first, second, last = events(world, nightly(), exit_code=3)
    for event in (first, second, last):
        world.watch.take_event(event)
    world.account.described.clear()
    world.ledger.items["nightly-report"] = facts
    world.now += timedelta(minutes=10)
    world.look()
    assert world.told() == [("failed", "nightly-report", TEXT)]


def test_event_that_names_its_tick_needs_no_call(world: World) -> None:
    """A tick is read from the event when its overrides have the environment."""
    task = nightly()
    world.account.refused.add("DescribeTasks")
    [*_, last] = events(world, task, exit_code=3)
    world.watch.take_event({**last, "overrides": task.described()["overrides"]})
    assert world.told() == [("failed", "nightly-report", TEXT)]


def test_event_of_the_version_before(world: World) -> None:
    """The jobs' rules of the version before passed on an empty text for a field that the event did not have."""
    empty = dict.fromkeys(("createdAt", "startedAt", "stoppedAt", "stopCode", "stoppedReason"), "")
    for event in events(world, nightly(), exit_code=3):
        del event["overrides"]
        world.watch.take_event({**empty, **event})
    assert only(world)["class"] == "failed"


def test_dead_letter_before_the_item_is_delivered_again(new_world: World) -> None:
    """The queue delivers a dead letter of an unknown job again. The third time it is alerted all the same."""
    world = new_world

    def received(count: int) -> dict[str, Any]:
        given = letter("nightly-report", TICK)
        return {**given, "attributes": {**given["attributes"], "ApproximateReceiveCount": str(count)}}

    for count in (1, 2):
        with pytest.raises(LookupError, match="nightly-report has no item in the ledger yet"):
            world.watch.take_dead_letter(received(count))
    world.watch.take_dead_letter(received(3))
    assert (only(world)["class"], only(world)["owners"]) == ("not-launched", [])


def test_unreadable_item_does_not_lose_a_run(world: World) -> None:
    """A run of a job whose item somebody has changed is alerted with the facts that were seen last."""
    first, *rest = events(world, nightly(), exit_code=3)
    world.watch.take_event(first)
    world.ledger.unreadable_items.add("nightly-report")
    for event in rest:
        world.watch.take_event(event)
    assert only(world)["owners"] == ["data"]
    with pytest.raises(SweepError, match="could not check 'nightly-report'"):
        world.look()


def test_ticks_after_a_job_was_removed_are_not_missed(world: World) -> None:
    """A job without item and without schedule has no ticks that could be missed."""
    without_item(world)
    del world.account.listed["nightly-report"]
    world.pass_time(hours=2)
    assert world.told() == []
