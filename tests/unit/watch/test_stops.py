"""Runs whose stop an operator has announced in the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.watch.told import TICK, nightly
from tests.unit.watch.world import EcsTask, World, events, facts
from watch import instants
from watch.records import RecordError
from watch.stops import AnnouncedStop

if TYPE_CHECKING:
    from datetime import datetime

SAID = "scheduled-jobs: stopped by ada: locks a table"


def announced(at: datetime) -> AnnouncedStop:
    """Return a stop that was announced then."""
    return AnnouncedStop(by="ada", why="locks a table", at=instants.text(at), schedule="", tick="")


def end(world: World, after: timedelta, exit_code: int | None, code: str) -> EcsTask:
    """Announce a stop in the tenth minute of a run, and let the run end some time after its begin."""
    task = nightly()
    world.now = TICK
    event = task.moved("RUNNING", TICK, createdAt=instants.text(TICK))
    world.account.described[task.arn] = task.described()
    world.watch.take_event(event)
    world.ledger.stops[task.id] = announced(TICK + timedelta(minutes=10))
    world.now = TICK + after
    world.watch.take_event(task.stopped(world.now, exit_code, code))
    return task


@pytest.mark.parametrize(
    ("minutes", "exit_code", "code", "outcome"),
    [
        (11, 143, "UserInitiated", "stopped"),
        (11, 143, "EssentialContainerExited", "stopped"),
        (11, None, "SpotInterruption", "stopped"),
        (20, 1, "EssentialContainerExited", "stopped"),
        (10, 1, "EssentialContainerExited", "stopped"),
        (11, 0, "EssentialContainerExited", "good"),
        (21, 1, "EssentialContainerExited", "failed"),
        (9, 1, "EssentialContainerExited", "failed"),
        (21, None, "SpotInterruption", "interrupted"),
    ],
)
def test_an_announced_stop_explains_the_end(minutes: int, exit_code: int | None, code: str, outcome: str) -> None:
    """It does so whatever ECS says, for ten minutes from then on. Work that was done stays done."""
    world = World(facts(stops=True))
    task = end(world, timedelta(minutes=minutes), exit_code, code)
    tick = world.tick("nightly-report", TICK)
    assert tick.outcome == outcome
    assert (tick.runs[task.id].reason == SAID) == (outcome == "stopped")
    assert tick.runs[task.id].exit_code == exit_code
    assert [class_ for class_, _, _ in world.told()] == ([] if outcome in ("stopped", "good") else [outcome])


def test_a_withdrawn_stop_explains_nothing(world: World) -> None:
    """ECS did not stop the run, which then failed by itself."""
    task = nightly()
    world.now = TICK
    world.ledger.stops[task.id] = announced(TICK).withdraw()
    for event in events(world, task, 1):
        world.watch.take_event(event)
    assert [class_ for class_, _, _ in world.told()] == ["failed"]


def test_an_unreadable_stop_is_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end is judged by what ECS says."""

    def refuse(_: str) -> None:
        raise RecordError("not a stop")

    monkeypatch.setattr(world.ledger, "announced_stop", refuse)
    world.now = TICK
    for event in events(world, nightly(), 1):
        world.watch.take_event(event)
    assert [class_ for class_, _, _ in world.told()] == ["failed"]


def test_a_good_run_asks_for_no_stop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most runs are good, and need no further call."""
    monkeypatch.delattr(type(world.ledger), "announced_stop")
    world.now = TICK
    for event in events(world, nightly(), 0):
        world.watch.take_event(event)
    assert world.tick("nightly-report", TICK).outcome == "good"


def test_a_lost_run_whose_stop_was_announced_is_stopped(world: World) -> None:
    """ECS no longer knows the task, and no event came."""
    task = nightly()
    world.now = TICK
    event = task.moved("RUNNING", TICK, createdAt=instants.text(TICK))
    world.account.described[task.arn] = task.described()
    world.watch.take_event(event)
    world.account.described.clear()
    world.ledger.stops[task.id] = announced(TICK + timedelta(minutes=1))
    world.pass_time(hours=2)
    assert world.tick("nightly-report", TICK).runs[task.id].reason == SAID
    assert world.told() == []


def test_an_announcement_is_plain_data() -> None:
    """What somebody else wrote is refused, made visible or cut."""
    stop = replace(announced(TICK), schedule="nightly-report", tick=instants.text(TICK))
    assert AnnouncedStop.from_plain(stop.to_plain()) == stop
    assert AnnouncedStop.from_plain(stop.withdraw().to_plain()).withdrawn
    odd = AnnouncedStop.from_plain({**stop.to_plain(), "why": "a\nb" + "c" * 2000})
    assert odd.why.startswith(r"a\nbcc")
    assert len(odd.why) == 1024
    with pytest.raises(ValueError, match="is not an instant"):
        AnnouncedStop.from_plain({**stop.to_plain(), "at": "yesterday"})
