"""Whether a tick may begin while other ticks of its job are in flight: the four ways of `overlap`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supervision.stops import stop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supervision.flights import Flight


@dataclass(frozen=True)
class Answer:
    """What becomes of a tick now: it may begin, or is skipped, or waits. A text says why.

    That of a tick that waits is shown while it waits, and again if it has waited for too long.
    """

    skip: str = ""
    wait: str = ""


FREE = Answer()


def judge(flights: Sequence[Flight], flight: Flight, now: int) -> Answer:
    """Return what becomes of a tick that has not begun. A tick that replaces others lets them be stopped.

    An earlier tick whose last moment has come keeps no place: often its deadline is the time of the next tick.
    """
    if flight.insists:
        return FREE
    others = [one for one in flights if one is not flight and not one.insists]
    holders = [one for one in others if one.holds]
    earlier = [one for one in others if one.began is None and one.order < flight.order and now < one.launch_by]
    later = [one for one in others if one.began is None and one.order > flight.order]
    newer = next((one for one in later if one.limits.overlap == "replace"), None)
    if newer is not None:
        return Answer(skip=f"the tick {newer.tick} replaced it before it began")
    return _BY_POLICY[flight.limits.overlap](flight, holders, earlier, now)


def _allow(_flight: Flight, _holders: Sequence[Flight], _earlier: Sequence[Flight], _now: int) -> Answer:
    return FREE


def _skip(_flight: Flight, holders: Sequence[Flight], earlier: Sequence[Flight], _now: int) -> Answer:
    for other in (*holders, *earlier):
        other.blocked += 1
        state = "was not over" if other.holds else "was still waiting"
        return Answer(skip=f"the tick {other.tick} {state}")
    return FREE


def _queue(_flight: Flight, holders: Sequence[Flight], earlier: Sequence[Flight], _now: int) -> Answer:
    if earlier:
        for other in holders[:1]:
            other.blocked += 1
        return Answer(skip=f"the tick {earlier[0].tick} was already waiting")
    return Answer(wait=f"waiting for the tick {holders[0].tick} to be over") if holders else FREE


def _replace(flight: Flight, holders: Sequence[Flight], _earlier: Sequence[Flight], now: int) -> Answer:
    for other in holders:
        stop(other, "stopped", f"the tick {flight.tick} replaces it", now, last=True)
    return Answer(wait=f"waiting for the tick {holders[0].tick} to be stopped") if holders else FREE


_BY_POLICY = {"allow": _allow, "skip": _skip, "queue": _queue, "replace": _replace}
