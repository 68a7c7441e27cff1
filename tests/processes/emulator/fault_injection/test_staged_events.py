"""The events of a run are delivered as staged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Kind
from emulator.fault_injection.staged_events import StagedEvents
from sandbox.naming import naming
from tests.processes.emulator.events.test_bus import rule
from tests.processes.emulator.fault_injection.staging import STATUSES, hourly, listen, stage
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
    events = StagedEvents(lambda *_: None, world.aws.faults, naming())
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
