"""The watch is killed at every step: no alert is lost, and only a kill right after sending repeats an alert."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.watch.world import START, EcsTask, Killed, World, events, letter
from watch.sending import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from watch.ledger import TickKey
    from watch.records import Message, Tick

TICK = START + timedelta(hours=2)
_MOST_STEPS = 60


class Killer:
    """Kills the function at its nth step, once."""

    def __init__(self) -> None:
        """Begin without a step to kill at."""
        self.at: int | None = None
        self.steps: list[str] = []

    def __call__(self, step: str) -> None:
        """Count a step, and kill the function at the chosen one."""
        self.steps.append(step)
        if self.at is not None and len(self.steps) == self.at:
            raise Killed(step)


def failed_run(world: World) -> Callable[[], None]:
    """Return the invocation for the end of a failed run."""
    first, second, last = events(world, EcsTask("nightly-report", TICK), exit_code=1)
    world.watch.take_event(first)
    world.watch.take_event(second)
    return lambda: world.watch.take_event(last)


def only_event(world: World) -> Callable[[], None]:
    """Return the invocation for the only event of a failed run that arrived."""
    last = events(world, EcsTask("nightly-report", TICK), exit_code=1)[-1]
    return lambda: world.watch.take_event(last)


def dead_letter(world: World) -> Callable[[], None]:
    """Return the invocation for a dead letter."""
    return lambda: world.watch.take_dead_letter(letter("nightly-report", TICK))


def look(world: World) -> Callable[[], None]:
    """Return the sweep that finds a missed tick."""
    world.now = TICK + timedelta(minutes=20)
    return world.look


INVOCATIONS = {
    "failed run": (failed_run, "failed"),
    "only event": (only_event, "failed"),
    "dead letter": (dead_letter, "not-launched"),
    "look": (look, "missed"),
}


@pytest.mark.parametrize(("prepared", "told"), INVOCATIONS.values(), ids=INVOCATIONS)
@pytest.mark.parametrize("repeated", [True, False], ids=["repeated", "not repeated"])
def test_killed_in_any_step(prepared: Callable[[World], Callable[[], None]], told: str, *, repeated: bool) -> None:
    """Wherever an invocation is killed, its repetition or the next sweep finishes its work, and the ledger is right.

    An invocation that is never repeated (after its last attempt it goes to the problems topic) is finished by the next
    sweeps, once it has left a trace or the tick is missed.
    """
    killed = 0
    for at in range(1, _MOST_STEPS):
        killer = Killer()
        world = World(step=killer)
        world.look()
        world.now = TICK
        invoke = prepared(world)
        killer.steps.clear()
        killer.at = at
        try:
            invoke()
        except Killed:
            killed += 1
        done = killer.steps[killer.steps.index("published") :] if "published" in killer.steps else []
        twice = bool(done) and "saved" not in done
        killer.at = None
        world.now += timedelta(minutes=1)
        if repeated:
            invoke()
        world.pass_time(minutes=30)
        classes = [class_ for class_, _, _ in world.told()]
        assert len(classes) == (2 if twice else 1), (at, killer.steps[:at])
        assert set(classes) <= ({told} if repeated else {told, "missed", "failed"})
        assert world.tick("nightly-report", TICK).alert == classes[0]
    assert killed >= 5


def test_lease_keeps_a_second_invocation_from_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one invocation is sending, a second delivery of the same event sends nothing."""
    world = World()
    first, _, last = events(world, EcsTask("nightly-report", TICK), exit_code=1)
    world.watch.take_event(first)
    send = Sender.send
    nested: list[int] = []

    def send_late(self: Sender, job: str, message: Message, ticks: Mapping[TickKey, Tick]) -> None:
        if not nested:
            nested.append(1)
            world.watch.take_event(last)
        send(self, job, message, ticks)

    monkeypatch.setattr(Sender, "send", send_late)
    world.watch.take_event(last)
    assert world.told() == [("failed", "nightly-report", "2027-01-04T02:00:00Z")]
