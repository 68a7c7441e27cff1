"""The time of a run, from its claim to the end of its process: the worker keeps the lease, and stops what must end."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import aws, logs
from .claims import LEASE, STOPPING
from .job_process import JobProcess
from .outages import Outage
from .runs import GOOD, INTERRUPTED, NOT_STARTED, STOPPED, TIMED_OUT, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from .claims import Claim
    from .clock import Clock
    from .signals import Signals

HEARTBEAT = 15.0
"""Seconds between two extensions of the lease, and of the message's visibility."""
MARGIN = 10.0
"""Seconds before the end of its lease at which a job is dead. So much may the clocks of two machines differ."""
_NEXT_TRY = 5.0
"""Seconds until the lease is tried to be extended again, if AWS does not answer."""

TAKEN = "its lease was over, and the run was given up"


@dataclass(frozen=True)
class Attended:
    """A run that is to be attended to."""

    work: Callable[[], object]
    since: float
    """When the lease began, by the steady clock."""
    timeout: float | None
    """Seconds; None for no limit."""
    grace: float
    """Seconds that the run may go on after SIGTERM."""
    extend: Callable[[], Claim | None]
    """Extends the lease, and returns the claim; None if it is not this worker's any more."""
    keep_message: Callable[[], object]
    """Keeps the message from others."""


def attend(run: Attended, clock: Clock, signals: Signals) -> Verdict:
    """Run the function in a process of its own, and return how it ended."""
    try:
        process = JobProcess.start(run.work, clock, run.since + LEASE - MARGIN)
    except OSError as error:
        return Verdict(NOT_STARTED, None, f"the machine has no room for a process: {error}")
    return _Attendant(run, process, clock, signals).verdict()


class _Attendant:
    """Keeps a lease while a process lives."""

    def __init__(self, run: Attended, process: JobProcess, clock: Clock, signals: Signals) -> None:
        self._run = run
        self._process = process
        self._clock = clock
        self._signals = signals
        self._timeout_at = math.inf if run.timeout is None else clock.steady() + run.timeout
        self._beat_at = run.since + HEARTBEAT
        self._stopped: Verdict | None = None
        """Why the process was asked to end, if it was."""
        self._asked = False
        """Whether the worker was, while the process lives."""
        self._outage, self._queue_outage = Outage(), Outage()

    def verdict(self) -> Verdict:
        """Wait for the end of the process, and return how the run ended."""
        while (ended := self._process.ended()) is None:
            now = self._clock.steady()
            if now >= self._beat_at:
                self._extend(now)
            if self._stopped is None:
                self._end_in_time(now)
            self._clock.wait([self._process.fileno(), self._signals.fileno()], self._next() - self._clock.steady())
            self._signals.clear()
        if self._stopped is None or not ended.was_stopped or ended.verdict.outcome == GOOD:
            return ended.verdict
        return replace(self._stopped, exit_code=ended.verdict.exit_code)

    def _extend(self, now: float) -> None:
        """Extend the lease, and let the process live as long. Without an answer it is tried again soon."""
        try:
            claim = self._run.extend()
        except aws.ERRORS as error:
            self._outage.goes_on(error)
            self._beat_at = self._clock.steady() + _NEXT_TRY
            return
        self._outage.is_over()
        if claim is None:
            self._beat_at = math.inf
            self._stopped = Verdict(INTERRUPTED, None, TAKEN)
            self._process.kill()
            return
        self._beat_at = now + HEARTBEAT
        self._process.extend(now + LEASE - MARGIN)
        if claim.state == STOPPING and self._stopped is None:
            outcome = STOPPED if claim.verdict.outcome == INTERRUPTED else claim.verdict.outcome
            self._stop(replace(claim.verdict, outcome=outcome))
        self._keep_message()

    def _keep_message(self) -> None:
        """Keep the message. If that fails, others get it, see the claim, and leave it."""
        try:
            self._run.keep_message()
        except aws.ERRORS as error:
            self._queue_outage.goes_on(error)

    def _end_in_time(self, now: float) -> None:
        grace_end = self._signals.grace_end(self._run.grace)
        if grace_end is not None and not self._asked:
            self._asked = True
            logs.news("worker-asked", grace=self._run.grace)
        if now >= self._timeout_at:
            self._stop(Verdict(TIMED_OUT, None, f"timed out after {self._run.timeout:g} seconds"))
        elif grace_end is not None and now >= grace_end:
            reason = f"its worker was told to end, and waited {self._run.grace:g} seconds for it"
            self._stop(Verdict(INTERRUPTED, None, reason))

    def _stop(self, why: Verdict) -> None:
        self._stopped = why
        self._process.stop()

    def _next(self) -> float:
        """Return when there is something to do next, by the steady clock."""
        if self._stopped is not None:
            return self._beat_at
        grace_end = self._signals.grace_end(self._run.grace)
        return min(self._beat_at, self._timeout_at, math.inf if grace_end is None else grace_end)
