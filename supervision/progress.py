"""How the ticks of a job get on: which begin, wait, are launched again, are stopped or end. Pure.

`advance` is called in every change of a job's record. So whatever was learned, the steps that follow from it are
decided in the same change.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from supervision import retrying, slots
from supervision.flights import Launch
from supervision.plain_data import copied
from supervision.stops import STOPPED, first_limit, stop, total_end

if TYPE_CHECKING:
    from supervision.flights import Flight
    from supervision.locks import Lock
    from supervision.traffic import Traffic

SKIPPED, TOO_LATE, NOT_LAUNCHED, HELD, AS_LAST_RUN = "skipped", "too-late", "not-launched", "held", "as-last-run"

REMOVED, DIRECT = "the job was removed", "the job is no longer supervised"
"""Why no further attempt of a job begins."""

UNKNOWN = "it is unknown whether a task was started"
UNKNOWN_INVOCATION = "it is unknown whether the function was invoked"
UNKNOWN_MESSAGE = "it is unknown whether the work queue has the run"
UNCLAIMED = "no process has claimed it"
"""Why a tick waits, or was too late, whose run the processes of a service begin by themselves."""
WITHDRAWN = "an operator withdrew it"
"""Begins why a tick or an operator's run of one does not begin, or has no further attempt. Nobody needs to be told."""

LAST_MOMENT = 55 * 60
"""Seconds for which RunTask may be repeated for one launch. ECS keeps a token for the shorter of a day and the task's
life plus an hour (ECS Developer Guide, "Ensuring idempotency"), so an early end leaves an hour."""
FRESH = 60
"""Seconds for which the answer is used which revision a service runs."""
CALL_AGAIN = 10
"""Seconds until a call is made again that AWS did not answer."""
ASK_SERVICE_AGAIN = 30
"""Seconds until a service is asked again after a deployment in progress."""


@dataclass(frozen=True)
class Ending:
    """The end of a flight that no run's end brought about."""

    flight: Flight
    outcome: str
    """`skipped`, `too-late`, `not-launched` or `held`; `as-last-run` when no attempt follows the last run after all."""
    reason: str = ""


def advance(traffic: Traffic, now: int, *, gone: str = "") -> list[Ending]:
    """Take every step that is due; return the flights that ended by it.

    `gone` is `REMOVED` or `DIRECT` if no further attempt of the job begins. Ticks that end are no more in the way of
    those that begin.
    """
    endings: list[Ending] = []
    before = None
    while traffic.flights != before:
        before = copied(traffic.flights)
        for step in (partial(_settle, gone=gone), partial(_begin, traffic)):
            for flight in sorted(traffic.flights, key=lambda one: one.order):
                ending = step(flight, now)
                if ending is not None:
                    traffic.end(flight)
                    endings.append(ending)
    return endings


def run_ended(traffic: Traffic, flight: Flight, outcome: str, exit_code: int | None, now: int) -> bool:
    """Note that the task of the present launch has stopped; return whether a further attempt follows."""
    flight.ran = flight.launch.task if flight.launch else flight.ran
    flight.launch = flight.stop = None
    flight.refusals, flight.waits = 0, ""
    moment = retrying.next_launch(flight, outcome, exit_code, now)
    if moment is None:
        traffic.end(flight)
        return False
    end, last = total_end(flight), moment + LAST_MOMENT
    flight.not_before, flight.launch_by = moment, last if end is None else min(last, end)
    return True


def refused(  # noqa: PLR0913 - an answer, with its meaning
    traffic: Traffic, flight: Flight, reason: str, now: int, *, for_good: bool, denied: bool
) -> Ending | None:
    """Note that a call for the present launch started nothing; return the flight's end, if no further launch follows.

    A launch of which another call has no answer is called again: it may have started a task. `for_good` is whether
    every further launch would be refused too, and `denied` whether a permission is missing, or is too new.
    """
    launch = flight.launch
    if launch is None:
        return None
    launch.refused += 1
    launch.called = 0
    flight.not_before = retrying.next_call(flight, flight.refusals + launch.calls, now)
    flight.waits = flight.stop.why if flight.stop else reason
    if launch.in_doubt:
        return None
    flight.launch = flight.stop = None
    flight.refusals += 1
    if flight.last:
        outcome = SKIPPED
    elif for_good:
        outcome = NOT_LAUNCHED
    elif now >= flight.launch_by:
        outcome = NOT_LAUNCHED if denied else TOO_LATE
    else:
        flight.not_before = min(flight.not_before, flight.launch_by)
        return None
    traffic.end(flight)
    return Ending(flight, AS_LAST_RUN if flight.tasks else outcome, flight.waits)


def is_first_call(flight: Flight) -> bool:
    """Return whether nothing can have run of a tick yet, so that a hold may keep its present launch from being called.

    A call that was begun may have been made. What an operator asked for runs in a hold too.
    """
    launch = flight.launch
    return not flight.rerun and not flight.tasks and launch is not None and not launch.task and launch.calls == 1


def held(traffic: Traffic, flight: Flight, reason: str) -> Ending | None:
    """Note that a hold keeps a tick from its first call; return the flight's end, or None if it was called already."""
    if not is_first_call(flight):
        return None
    flight.launch = flight.stop = None
    traffic.end(flight)
    return Ending(flight, HELD, reason)


def unanswered(flight: Flight, reason: str, now: int) -> None:
    """Note that AWS did not answer a call of RunTask, so a task may have been started. The call is repeated."""
    if flight.launch is not None:
        flight.launch.called = 0
        flight.waits, flight.not_before = reason, retrying.next_call(flight, flight.launch.calls, now)


def withdraw(flight: Flight, reason: str, now: int) -> None:
    """Let a flight begin no further attempt, and let its task be stopped, if it has one."""
    stop(flight, STOPPED, reason, now, last=True)


def withdrawal(why: str) -> str:
    """Return the reason of a withdrawn tick; `why` says who has withdrawn it, if that is known."""
    return f"{WITHDRAWN}: {why}" if why else WITHDRAWN


def resolved(flight: Flight, revision: str, now: int) -> None:
    """Note the revision that the service runs."""
    flight.revision, flight.resolved, flight.asks_service = revision, now, False


def not_answered(flight: Flight, now: int) -> None:
    """Note that AWS did not answer another call than RunTask. It is made again."""
    flight.not_before = now + CALL_AGAIN


def unresolved(flight: Flight, reason: str, now: int) -> None:
    """Note that the service has no settled revision now."""
    flight.waits, flight.asks_service = reason, False
    flight.not_before = now + ASK_SERVICE_AGAIN


def end_of_doubt(flight: Flight, launch: Launch) -> int:
    """Return until when a launch may be in doubt, from its first call on."""
    return launch.decided + (flight.limits.ends_within or LAST_MOMENT)


def is_to_be_withdrawn(flight: Flight, launch: Launch, now: int) -> bool:
    """Return whether a launch in doubt is withdrawn: its message may lie in the queue until a worker takes it."""
    unwanted = flight.stop is not None or now >= end_of_doubt(flight, launch)
    return flight.limits.works and launch.in_doubt and unwanted


def _settle(flight: Flight, now: int, gone: str) -> Ending | None:
    """Return the end of a flight that is over; let a task be stopped at its limit."""
    launch = flight.launch
    if launch is not None and launch.task:
        _watch_task(flight, launch, now)
        return None
    if launch is not None and launch.in_doubt:
        return _watch_doubt(flight, launch, now, gone)
    return _end_without_task(flight, now, gone)


def _watch_task(flight: Flight, launch: Launch, now: int) -> None:
    """Let a task be stopped at its limit."""
    limit = first_limit(flight, launch)
    if limit is not None and limit.moment <= min(now, launch.asked):
        stop(flight, limit.class_, limit.why, now, last=limit.last)


def _watch_doubt(flight: Flight, launch: Launch, now: int, gone: str) -> Ending | None:
    """Return the end of a launch that may have started a task of which nothing is known for too long.

    RunTask is called again to learn of the task. If the job is gone, that would start a new one, so events must tell.
    A function is not called again: the record of its end must tell. What workers may take is withdrawn then, and the
    answer to that tells. If the job is gone, there may be no claims any more, so that is tried for as long again.
    """
    last = end_of_doubt(flight, launch)
    if gone:
        flight.not_before = max(flight.not_before, last)
    if now < last or (flight.limits.works and not (gone and now >= last + LAST_MOMENT)):
        return None
    reason = "; ".join(filter(None, (_unknown(flight), flight.waits)))
    if flight.tasks:
        return Ending(flight, AS_LAST_RUN, reason)
    return Ending(flight, SKIPPED, REMOVED) if gone == REMOVED else Ending(flight, NOT_LAUNCHED, reason)


def _unknown(flight: Flight) -> str:
    if flight.limits.works:
        return UNKNOWN_MESSAGE
    return UNKNOWN_INVOCATION if flight.limits.invokes else UNKNOWN


def _end_without_task(flight: Flight, now: int, gone: str) -> Ending | None:
    """Return the end of a flight that has no task and will not get one.

    A tick of a job that is no longer supervised is reported: the job still is to run.
    """
    end = total_end(flight)
    late = now > flight.launch_by or (end is not None and now >= end)
    if not gone and not flight.last and not late:
        piled_up = "" if flight.tasks else _piled_up(flight, now)
        return Ending(flight, SKIPPED, piled_up) if piled_up else None
    reason = gone or (flight.stop.why if flight.stop else flight.waits)
    if flight.tasks:
        return Ending(flight, AS_LAST_RUN, reason)
    if gone == DIRECT:
        return Ending(flight, NOT_LAUNCHED, reason)
    return Ending(flight, SKIPPED if gone or flight.last else TOO_LATE, reason)


def _begin(traffic: Traffic, flight: Flight, now: int) -> Ending | None:
    """Let a tick take its slot and its lock, and decide its launch, as far as all of that is free.

    A tick that a process claims by itself has its only launch at once, which nobody makes. It has no slot and no lock.
    """
    if flight.limits.in_process and not flight.launches:
        flight.launches, flight.launch, flight.waits = 1, Launch(1, flight.attempt, now), UNCLAIMED
    if flight.launch is not None or now < flight.not_before:
        return None
    if flight.began is None:
        answer = slots.judge(traffic.flights, flight, now)
        if answer.skip:
            return Ending(flight, SKIPPED, answer.skip)
        flight.waits = answer.wait
        if answer.wait or not _knows_revision(flight, now, fresh=False):
            return None
        lock = traffic.locks.get(flight.lock) if flight.lock else None
        if lock is not None and not lock.take(flight, now):
            if flight.limits.overlap == "skip":
                return Ending(flight, SKIPPED, f"it needed the lock {lock.name}, {_keeper(lock)}")
            flight.waits = f"waiting for the lock {lock.name}, {_keeper(lock)}"
            flight.lock_refused = flight.lock_refused or now
            return None
        flight.began = now
    if _knows_revision(flight, now, fresh=True):
        flight.launches += 1
        flight.launch = Launch(flight.launches, flight.attempt, now, revision=flight.revision)
    return None


def _piled_up(flight: Flight, now: int) -> str:
    """Return why a tick is one of those that piled up and are not launched; empty when it is launched."""
    if flight.limits.late == "last" and flight.next_tick is not None and now >= flight.next_tick:
        return "a later tick was due before it began"
    if flight.limits.late == "none" and flight.arrived > flight.punctual_until:
        return "it could not begin at its time"
    return ""


def _knows_revision(flight: Flight, now: int, *, fresh: bool) -> bool:
    """Return whether the revision is known, which the service decides; otherwise let the service be asked.

    A tick that waits for others needs an answer that was given once. One that is launched needs a fresh one.
    """
    if flight.limits.run_revision != "service":
        return True
    oldest = now - FRESH if fresh else 0
    flight.asks_service = not flight.revision or flight.resolved < oldest
    return not flight.asks_service


def _keeper(lock: Lock) -> str:
    """Return which tick keeps others from a lock, after the lock's name."""
    schedule, _, tick = lock.holder.partition("/")
    return f"held by the tick {tick} of {schedule}" if lock.holder else "promised to an earlier tick"
