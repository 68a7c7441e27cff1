"""Brings the ticks of supervised jobs on: takes messages, makes the calls that records ask for, notes the answers.

Every call stands in the job's record before it is made, and is derived from it until its answer is noted. So an
invocation that is killed at any moment loses nothing: the queue delivers its message again.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from holds.standing import Standing
from supervision import calls, progress
from supervisor import ways
from watch import supervising, untrusted
from watch.watched_account import NOT_ANSWERED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from holds.hold import Hold, HoldError
    from supervision.calls import Call
    from supervision.flights import Flight, Launch
    from supervisor.service_revision import Found
    from watch.launches import Message
    from watch.ledger import TickKey
    from watch.records import JobRecord, Tick
    from watch.watcher import Watcher

_ROUNDS = 20
"""Calls follow from answers, as a launch from the revision of a service. No tick needs this many rounds."""
_COME_AGAIN = 60
"""Seconds until a tick comes again that finds too many others in flight."""

Begun = tuple["JobRecord", "Mapping[TickKey, Tick]", "list[Call]"]
"""A job's records, and the calls that are due."""


class Calls(ways.Calls, Protocol):
    """The calls to the account."""

    def revision(self, role: str, cluster: str, service: str) -> Found:
        """Return the revision that a service runs."""


@dataclass(frozen=True)
class Supervisor:
    """One invocation's view of the stack."""

    watch: Watcher
    """Makes the changes of the records. The messages that follow from them are sent by the watch's own function."""
    account: Calls
    clock: Callable[[], datetime]

    def take(self, message: Message) -> None:
        """Take a message of the launch queue, and do what the job then needs."""
        watch = self.watch.about(message.job)
        if message.tick and not watch.take_due(message):
            watch.wakes.again(message, _COME_AGAIN)
        self._drive(watch, message.job)

    def _drive(self, watch: Watcher, job: str) -> None:
        """Make the calls that the job's ticks need, until none is left. Each answer is noted, which may need others."""
        for _ in range(_ROUNDS):
            record, ticks, due = watch.change(job, [], partial(self._begin, watch))
            for call in due:
                self._make(watch, record, ticks, call)
            if not due:
                return

    def _begin(self, watch: Watcher, record: JobRecord, ticks: Mapping[TickKey, Tick]) -> Begun:
        watch.decide().advance(record, ticks)
        return record, ticks, calls.begin(record.traffic, self._now())

    def _make(self, watch: Watcher, record: JobRecord, ticks: Mapping[TickKey, Tick], call: Call) -> None:
        """Make a call and note the answer."""
        flight = record.traffic.named(call.flight)
        if flight is None:
            return
        order = ticks[flight.key].orders[flight.rerun]
        try:
            match call.kind:
                case calls.LAUNCH | calls.INVOKE:
                    self._launch(watch, flight, order)
                case calls.ASK_SERVICE:
                    self._ask_service(watch, flight, order)
                case calls.WITHDRAW:
                    self._ways.work.withdraw(watch, flight, _launch_of(flight), order)
                case calls.STOP:
                    self._stop(watch, flight, order)
                case _:
                    self._describe(watch, flight, order)
        except NOT_ANSWERED as error:
            sys.stdout.write(untrusted.logged(f"{call.kind} for {call.flight}: {error}"))
            now = self._now()
            _note(watch, flight, lambda known: progress.not_answered(known, now))

    def _launch(self, watch: Watcher, flight: Flight, order: Mapping[str, Any]) -> None:
        launch = _launch_of(flight)
        hold = self._hold_on(watch, flight) if progress.is_first_call(flight) else None
        if hold is not None:
            _end_held(watch, flight, launch, hold)
            return
        answer = self._ways.launching(order).launch(watch, flight, launch, order)
        if answer is None:
            return
        now, decide = self._now(), watch.decide()
        deployed = watch.facts.jobs.get(flight.job)
        present = supervising.instead(deployed, flight.schedule, order, for_good=answer.for_good)

        def note(record: JobRecord, ticks: Mapping[TickKey, Tick]) -> None:
            found = record.traffic.named(flight.name)
            if found is None or found.launch is None or found.launch.number != launch.number or found.launch.task:
                return  # an event or another invocation was faster
            if answer.unknown:
                progress.unanswered(found, answer.reason, now)
                return
            for_good = answer.for_good and present is None
            refused = progress.refused(
                record.traffic, found, answer.reason, now, for_good=for_good, denied=answer.denied
            )
            if refused is not None:
                decide.end_flight(record, ticks[found.key], refused)
            elif present is not None and not _is_launching(found):
                ticks[found.key].orders[found.rerun] = present

        watch.change(flight.job, [flight.key], note)

    def _hold_on(self, watch: Watcher, flight: Flight) -> Hold | None:
        """Return the hold that keeps a tick from its launch; None for none, and if AWS does not tell.

        The watch disables schedules, so this finds ticks that have come before and waited for their turn. If holds
        cannot be read, a tick is launched rather than lost.
        """
        try:
            found = watch.account.holds(watch.facts.group, _ignore)
        except NOT_ANSWERED as error:
            sys.stdout.write(untrusted.logged(f"holds, before the launch for {flight.name}: {error}"))
            return None
        return Standing(found, self.clock()).keeping(flight.job, watch.facts.job(flight.job).owner)

    def _ask_service(self, watch: Watcher, flight: Flight, order: Mapping[str, Any]) -> None:
        service = order["service"]
        found = self.account.revision(order["role"], service.get("cluster", ""), service.get("service", ""))
        now = self._now()

        def note(known: Flight) -> None:
            if found.revision:
                progress.resolved(known, found.revision, now)
            else:
                progress.unresolved(known, found.reason, now)

        _note(watch, flight, note)

    def _stop(self, watch: Watcher, flight: Flight, order: Mapping[str, Any]) -> None:
        launch, stop = _launch_of(flight), flight.stop
        if stop is None or (stop.sent is not None and self._describe(watch, flight, order)):
            return  # the event of its end was lost; a stopped task has no tags, by which it may be stopped
        self._ways.keeping(order).stop(watch, flight, launch, stop)
        now = self._now()

        def note(known: Flight) -> None:
            if known.stop is not None:
                known.stop.sent = now

        _note(watch, flight, note)

    def _describe(self, watch: Watcher, flight: Flight, order: Mapping[str, Any]) -> bool:
        """Record how the run of a flight is; return whether it is over."""
        launch = _launch_of(flight)
        is_over = self._ways.keeping(order).describe(watch, flight, launch)
        now = self._now()

        def note(known: Flight) -> None:
            if known.launch is not None and known.launch.number == launch.number:
                known.launch.asked = now

        _note(watch, flight, note)
        return is_over

    @property
    def _ways(self) -> ways.Ways:
        return ways.Ways(self.account, self.clock)

    def _now(self) -> int:
        return supervising.seconds(self.clock())


def _end_held(watch: Watcher, flight: Flight, launch: Launch, hold: Hold) -> None:
    """Record that a hold keeps a tick from its launch, unless another invocation has called for it meanwhile."""
    decide = watch.decide()

    def note(record: JobRecord, ticks: Mapping[TickKey, Tick]) -> None:
        found = record.traffic.named(flight.name)
        if found is None or found.launch is None or found.launch.number != launch.number:
            return
        ending = progress.held(record.traffic, found, hold.of_tick)
        if ending is not None:
            decide.end_flight(record, ticks[found.key], ending)

    watch.change(flight.job, [flight.key], note)


def _ignore(name: str, error: HoldError) -> None:
    """Pass over a parameter that is no hold. The watch's checks report it."""
    del name, error


def _note(watch: Watcher, flight: Flight, note: Callable[[Flight], None]) -> None:
    """Change a flight, unless it has ended."""

    def change(record: JobRecord, _: object) -> None:
        known = record.traffic.named(flight.name)
        if known is not None:
            note(known)

    watch.change(flight.job, [flight.key], change)


def _is_launching(flight: Flight) -> bool:
    """Return whether a launch is to be called again as it was, because it may have started a task."""
    return flight.launch is not None


def _launch_of(flight: Flight) -> Launch:
    if flight.launch is None:
        raise ValueError(f"{flight.name} has no launch")
    return flight.launch
