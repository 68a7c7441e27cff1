"""The events of a run are delivered as staged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Kind, Status
from emulator.fault_injection.staged_events import StagedEvents
from sandbox.naming import naming
from tests.processes.emulator.events.test_bus import rule
from tests.processes.emulator.fault_injection.staging import ENDED, STATUSES, hourly, listen, once, stage
from tests.processes.emulator.world import DEAD

if TYPE_CHECKING:
    from tests.processes.emulator.world import World


DELIVERIES = {
    "twice": ([Kind.DUPLICATE_EVENTS], [status for status in STATUSES for _ in range(2)]),
    "in reverse": ([Kind.REORDER_EVENTS], STATUSES[::-1]),
    "twice in reverse": (
        [Kind.DUPLICATE_EVENTS, Kind.REORDER_EVENTS],
        [status for status in STATUSES[::-1] for _ in range(2)],
    ),
}


@pytest.mark.parametrize(("kinds", "expected"), DELIVERIES.values(), ids=DELIVERIES)
def test_events(world: World, kinds: list[Kind], expected: list[str]) -> None:
    """Each event of the run is delivered as staged, and those of the next run are delivered as usual."""
    hourly(world)
    for kind in kinds:
        stage(world, kind)
    found = listen(world)
    world.advance(hours=1)
    assert [detail["lastStatus"] for detail in found] == expected
    assert len({(detail["lastStatus"], detail["version"]) for detail in found}) == len(STATUSES)
    found.clear()
    world.advance(hours=1)
    assert [detail["lastStatus"] for detail in found] == STATUSES


LOSSES: dict[str, tuple[Status | None, list[Kind], list[str]]] = {
    "all": (None, [], []),
    "the end": (Status.STOPPED, [], STATUSES[:-1]),
    "the start": (Status.RUNNING, [], ["PROVISIONING", "PENDING", *ENDED]),
    "the end, in reverse": (Status.STOPPED, [Kind.REORDER_EVENTS], STATUSES[-2::-1]),
    "the end, twice": (Status.STOPPED, [Kind.DUPLICATE_EVENTS], [each for each in STATUSES[:-1] for _ in range(2)]),
}


@pytest.mark.parametrize(("status", "kinds", "expected"), LOSSES.values(), ids=LOSSES)
def test_lost_events(world: World, status: Status | None, kinds: list[Kind], expected: list[str]) -> None:
    """The run's events, or those of one state, never arrive; those of the next run arrive as usual."""
    hourly(world)
    stage(world, Kind.LOSE_EVENTS, status=status)
    for kind in kinds:
        stage(world, kind)
    found = listen(world)
    world.advance(hours=1)
    assert [detail["lastStatus"] for detail in found] == expected
    found.clear()
    world.advance(hours=1)
    assert [detail["lastStatus"] for detail in found] == STATUSES


@pytest.mark.parametrize(
    ("status", "at_once", "late"),
    [(None, [], STATUSES), (Status.RUNNING, ["PROVISIONING", "PENDING", *ENDED], ["RUNNING"])],
    ids=["all", "the start"],
)
def test_late_events(world: World, status: Status | None, at_once: list[str], late: list[str]) -> None:
    """The run's events, or those of one state, arrive late, unchanged and in their order."""
    once(world)
    stage(world, Kind.DELAY_EVENTS, status=status, seconds=600.0)
    found = listen(world)
    world.advance(hours=1)
    assert [detail["lastStatus"] for detail in found] == at_once
    world.advance(minutes=9)
    assert len(found) == len(at_once)
    world.advance(minutes=1)
    assert [detail["lastStatus"] for detail in found] == at_once + late
    assert {detail["updatedAt"] for detail in found} == {"2027-01-04T01:00:00.000Z"}


def test_late_in_reverse(world: World) -> None:
    """Events that are late and in reverse are in reverse when they arrive."""
    once(world)
    for kind in (Kind.DELAY_EVENTS, Kind.REORDER_EVENTS, Kind.DUPLICATE_EVENTS):
        stage(world, kind, seconds=600.0)
    found = listen(world)
    world.advance(minutes=70)
    assert [detail["lastStatus"] for detail in found] == [status for status in STATUSES[::-1] for _ in range(2)]


def test_events_are_held(world: World) -> None:
    """Events in reverse order are delivered only after the run has stopped."""
    hourly(world)
    stage(world, Kind.REORDER_EVENTS)
    world.host.exit_code = None
    found = listen(world)
    world.advance(hours=1)
    assert found == []
    world.host.end(world.host.started[0], world.aws.tasks, 0)
    assert [detail["lastStatus"] for detail in found] == STATUSES[::-1]


def test_events_are_forgotten(world: World) -> None:
    """No events of a stopped run are kept."""
    events = StagedEvents(lambda *_: None, world.aws.faults, world.aws.agenda, naming())
    world.aws.tasks._publish = events.publish
    world.run()
    assert events._runs == {}


def test_events_reach_rules(world: World) -> None:
    """A rule's target gets an event that is delivered twice as the same event two times."""
    rule(DEAD, pattern={"detail": {"lastStatus": ["RUNNING"]}})
    hourly(world)
    stage(world, Kind.DUPLICATE_EVENTS)
    world.advance(hours=1)
    first, second = (json.loads(message["Body"]) for message in world.messages())
    assert first == second
