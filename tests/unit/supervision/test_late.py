"""Ticks that piled up while nothing could be launched: `late` says which of them are left out."""

from __future__ import annotations

from typing import Any

import pytest

from supervision import calls
from supervision.flights import Launch
from supervision.traffic import Traffic
from tests.unit.supervision.flying import T, advance, flight, launched, running, with_limits

LAST = with_limits(late="last", start_deadline=7200)
NEXT = 900
"""Seconds after T at which the next tick is due."""
PILED_UP = ("skipped", "a later tick was due before it began")


@pytest.mark.parametrize(
    "launch",
    [None, Launch(1, 1, T), Launch(1, 1, T, calls=3, refused=3)],
    ids=["waits", "was never called", "was refused"],
)
def test_tick_without_a_task_when_the_next_is_due(launch: Launch | None) -> None:
    """It is left out, whatever has kept it; the supervisor may have been down since its launch was decided."""
    known: dict[str, Any] = {"limits": LAST, "next_tick": T + NEXT}
    one = launched(launch=launch, **known) if launch else flight(not_before=T + NEXT + 1, **known)
    assert calls.moments(Traffic([one]), T + NEXT - 1)[0] in {T + NEXT - 1, T + NEXT}
    assert advance([one], NEXT - 1) == {}
    assert advance([one], NEXT) == {one.tick: PILED_UP}


@pytest.mark.parametrize("doubtful", [True, False], ids=["may run", "runs"])
def test_tick_that_may_have_a_task(*, doubtful: bool) -> None:
    """A tick whose task runs, or may run, has begun in time."""
    one = launched(limits=LAST, next_tick=T + NEXT) if doubtful else running(limits=LAST, next_tick=T + NEXT)
    assert advance([one], NEXT) == {}


def test_tick_between_two_attempts() -> None:
    """A tick whose first attempt failed has begun, and goes on although the next one is due."""
    one = launched(launch=None, tasks=1, limits=LAST, next_tick=T + NEXT, launch_by=T + 4000)
    assert advance([one], NEXT) == {}
    assert one.launch is not None


@pytest.mark.parametrize(
    ("later", "end"),
    [
        ({"limits": with_limits(late="none", overlap="replace"), "arrived": T + 400}, "skipped"),
        ({"limits": with_limits(overlap="replace"), "launch_by": T + 399}, "too-late"),
    ],
    ids=["piled up", "too late"],
)
def test_a_tick_that_does_not_begin_replaces_none(later: dict[str, Any], end: str) -> None:
    """The tick before it has waited for a revision, and begins now. Otherwise neither of them would run."""
    one, other = flight(limits=with_limits(overlap="replace")), flight(120, **later)
    assert {tick: outcome for tick, (outcome, _) in advance([one, other], 400).items()} == {other.tick: end}
    assert one.began == T + 400
