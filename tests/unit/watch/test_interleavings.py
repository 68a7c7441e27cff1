"""With events in any order, twice, or lost, each tick that needs a person is reported once, and no other tick is."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.watch.world import START, EcsTask, World, events, letter
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

TICKS = 5
FATES = ("good", "failed", "not-started", "interrupted", "stopped", "not-launched", "nothing")
ENDS: dict[str, tuple[int | None, str]] = {
    "good": (0, "EssentialContainerExited"),
    "failed": (2, "EssentialContainerExited"),
    "not-started": (None, "TaskFailedToStart"),
    "interrupted": (137, "SpotInterruption"),
    "stopped": (143, "UserInitiated"),
}


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[str], list[list[int]], list[int], bool]:
    """Draw each tick's outcome, the copies of its events, their order, and whether ECS still knows the tasks."""
    fates = draw(st.lists(st.sampled_from(FATES), min_size=TICKS, max_size=TICKS))
    copies = draw(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=TICKS, max_size=TICKS))
    order = draw(st.permutations(range(TICKS * 9)))
    return fates, copies, order, draw(st.booleans())


@settings(max_examples=150, deadline=None)
@given(histories())
def test_each_tick_is_told_once(history: tuple[list[str], list[list[int]], list[int], bool]) -> None:
    """No tick has two alerts, every failed tick has one, and no good tick whose end was reported has one."""
    fates, copies, order, remembered = history
    world = World()
    world.look()
    ticks = [START + timedelta(days=day, hours=2) for day in range(TICKS)]
    deliveries = [_deliveries(world, *one) for one in zip(range(TICKS), fates, ticks, copies, strict=True)]
    arrivals = [delivery for one in deliveries for delivery in one]
    world.now = ticks[-1] + timedelta(minutes=5)
    for place in sorted(range(len(arrivals)), key=lambda place: order[place]):
        arrivals[place]()
    if not remembered:
        world.account.described.clear()
    world.pass_time(hours=2)

    told = Counter(tick for alert in world.alerts() for tick in told_by(alert))
    expected = {
        instants.text(tick): 1 for fate, tick in zip(fates, ticks, strict=True) if fate not in ("good", "stopped")
    }
    unheard = {
        instants.text(tick)
        for fate, tick, one in zip(fates, ticks, copies, strict=True)
        if fate in ("good", "stopped") and not one[-1] and not remembered
    }
    assert {tick: times for tick, times in told.items() if tick not in unheard} == expected
    assert all(times == 1 for times in told.values())
    for fate, tick, one in zip(fates, ticks, copies, strict=True):
        if fate in ENDS and one[-1]:
            assert world.tick("nightly-report", tick).outcome == fate


def _deliveries(world: World, index: int, fate: str, tick: datetime, copies: list[int]) -> list[Callable[[], None]]:
    """Let a tick meet its fate; return the deliveries of its events, as often as drawn, or of its dead letter."""
    if fate == "nothing":
        return []
    if fate == "not-launched":  # a queue loses no message, and may deliver one twice
        return [partial(world.watch.take_dead_letter, letter("nightly-report", tick))] * max(copies[0], 1)
    world.now = tick
    made = events(world, EcsTask("nightly-report", tick, id=f"t{index}"), *ENDS[fate])
    return [
        partial(world.watch.take_event, event) for event, times in zip(made, copies, strict=True) for _ in range(times)
    ]


def told_by(alert: dict[str, Any]) -> list[str]:
    """Return the ticks that a message reports as trouble."""
    if alert["kind"] == "alert":
        return [alert["tick"]]
    return [one["tick"] for one in (alert["digest"] or {"ticks": []})["ticks"]]
