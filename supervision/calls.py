"""The calls to AWS that a job's flights need now, and when the next one is needed. Pure.

A call is derived from the record, so it is repeated until the record says that it was answered. Each call is harmless
when it is made twice, except that of a function, which is made once for each launch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supervision.progress import end_of_doubt, is_to_be_withdrawn
from supervision.stops import first_limit, total_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervision.flights import Flight, Launch
    from supervision.traffic import Traffic

LAUNCH, INVOKE, WITHDRAW = "launch", "invoke", "withdraw"
STOP, DESCRIBE, ASK_SERVICE = "stop", "describe", "ask-service"

STOP_AGAIN = 300
"""Seconds after which StopTask is repeated for a task that has not stopped. ECS waits at most 120 seconds between
SIGTERM and SIGKILL on Fargate (ECS API reference, ContainerDefinition, stopTimeout)."""
RUN_AGAIN = 60
"""Seconds after which RunTask may be called again if no answer was noted: by then the invocation that called has ended.
Nobody is woken for it, since the queue delivers the message of a killed invocation again."""


@dataclass(frozen=True)
class Call:
    """A call that is due."""

    kind: str
    flight: str
    """The flight's name."""
    launch: int = 0
    """The launch's number."""


def due(traffic: Traffic, now: int) -> list[Call]:
    """Return the calls that are due, those of the earliest tick first."""
    flights = sorted(traffic.flights, key=lambda flight: flight.order)
    return [call for flight in flights for call in _due(flight, now)]


def begin(traffic: Traffic, now: int) -> list[Call]:
    """Return the calls that are due, and note those of launches as begun.

    So two invocations do not make the same call at the same time, and a call that was killed is known to the record.
    """
    found = due(traffic, now)
    for call in found:
        flight = traffic.named(call.flight)
        if call.kind in (LAUNCH, INVOKE) and flight is not None and flight.launch is not None:
            flight.launch.decided = flight.launch.decided if flight.launch.calls else now
            flight.launch.calls += 1
            flight.launch.called = now
    return found


def moments(traffic: Traffic, now: int) -> list[int]:
    """Return when something is next to be done for each flight, ascending; nothing for those that wait for events only.

    One message that wakes for the earliest of them would not do: when it comes, nobody may learn of the others.
    """
    found = (_next_moment(flight, now) for flight in traffic.flights)
    return sorted({at for at in found if at is not None})


def _next_moment(flight: Flight, now: int) -> int | None:
    return now if any(_due(flight, now)) else min((at for at in _moments(flight) if at > now), default=None)


def _due(flight: Flight, now: int) -> Iterator[Call]:
    launch = flight.launch
    if launch is None:
        if flight.asks_service and now >= flight.not_before:
            yield Call(ASK_SERVICE, flight.name)
    elif not launch.task:
        yield from _launch(flight, launch, now)
    elif now < flight.not_before or not flight.limits.keeps_time:
        return
    elif flight.stop is not None:
        if flight.stop.sent is None or now >= flight.stop.sent + STOP_AGAIN:
            yield Call(STOP, flight.name, launch.number)
    elif _is_to_be_described(flight, launch, now):
        yield Call(DESCRIBE, flight.name, launch.number)


def _launch(flight: Flight, launch: Launch, now: int) -> Iterator[Call]:
    """Yield the call of a launch. Invoke has no token, so a call without an answer is not repeated.

    What workers may take, and nobody wants or knows for too long, is withdrawn. Nothing is called for a tick that a
    process claims by itself.
    """
    if flight.limits.in_process:
        return
    if flight.limits.invokes:
        if now >= flight.not_before and not launch.in_doubt:
            yield Call(INVOKE, flight.name, launch.number)
    elif now >= max(flight.not_before, launch.called + RUN_AGAIN):
        yield Call(WITHDRAW if is_to_be_withdrawn(flight, launch, now) else LAUNCH, flight.name, launch.number)


def _is_to_be_described(flight: Flight, launch: Launch, now: int) -> bool:
    """Return whether a limit has passed, and ECS has not said since then how the task is."""
    limit = first_limit(flight, launch)
    return limit is not None and launch.asked < limit.moment <= now


def _moments(flight: Flight) -> Iterator[int]:
    launch = flight.launch
    yield flight.not_before
    if launch is not None and launch.in_doubt:
        yield max(end_of_doubt(flight, launch), flight.not_before if flight.limits.works else 0)
    elif launch is None or not launch.task:
        end = total_end(flight)
        if end is not None:
            yield end
        yield flight.launch_by + 1
        if flight.limits.late == "last" and not flight.tasks and flight.next_tick is not None:
            yield flight.next_tick
    elif flight.stop is not None:
        yield (flight.stop.sent or flight.stop.decided) + STOP_AGAIN
    else:
        limit = first_limit(flight, launch)
        if limit is not None:
            yield limit.moment
