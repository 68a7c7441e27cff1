"""Changes of a job's records, and the messages that result from them. A message is decided once and sent at least once.

A message is in the job's record from the moment at which it is decided until it was sent. An invocation that is killed
in between leaves it there with a lease. When the lease ends, the repeated invocation or the next sweep sends it.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from supervision.plain_data import copied
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from supervision.locks import Lock
    from watch.ledger import TickKey
    from watch.records import JobRecord, Message, Tick

    Decide = Callable[[JobRecord, Mapping[TickKey, Tick]], "T"]

T = TypeVar("T")

LEASE = timedelta(seconds=60)
"""The longest time of an invocation. The holder of an expired lease has ended. AWS repeats after a minute."""

_WAIT, _LONGEST_WAIT = 0.01, 0.2
"""Seconds."""

_ATTEMPTS = 50
"""Each failed attempt means that another invocation succeeded, so this many of one job may run at the same time."""


class ContentionError(Exception):
    """Other invocations changed the same job too often for this change to be saved. AWS repeats the invocation."""


class Records(Protocol):
    """The part of the ledger that changes use."""

    def load(
        self, job: str, ticks: Sequence[TickKey] = (), locks: Sequence[str] = ()
    ) -> tuple[JobRecord, dict[TickKey, Tick]]:
        """Return a job's record with some locks, and some of its ticks."""

    def save(self, record: JobRecord, ticks: Sequence[Tick], now: datetime, locks: Sequence[Lock] = ()) -> bool:
        """Write them; return False when another invocation was faster."""


@dataclass(frozen=True)
class Saved(Generic[T]):
    """A change that was saved."""

    result: T
    """The decision's return value."""
    claimed: list[Message]
    """Messages that the caller must send, and then drop."""
    ticks: Mapping[TickKey, Tick]
    """The ticks of the change, as they were saved."""
    record: JobRecord
    """The job's record, as it was saved."""


class Changes:
    """Makes changes to records."""

    def __init__(
        self, records: Records, clock: Callable[[], datetime], wait: Callable[[float], None] = time.sleep
    ) -> None:
        """Change the records in `records`. Before another attempt, call `wait` with a number of seconds."""
        self._sleep = wait
        self._records = records
        self._clock = clock

    def make(
        self, job: str, ticks: Sequence[TickKey], decide: Decide[T], *, locks: Sequence[str] = (), claims: bool = True
    ) -> Saved[T]:
        """Let `decide` change a job's record and ticks, and save them; ContentionError when no attempt succeeds.

        The job's ticks in flight are among the ticks that `decide` gets. Without `claims` another invocation sends the
        messages.
        """
        for attempt in range(_ATTEMPTS):
            self._wait(attempt)
            record, known = self._records.load(job, ticks, locks)
            before, before_ticks = copied(record), copied(known)
            result = decide(record, known)
            claimed = _claim(record, self._clock()) if claims else []
            changed = [tick for key, tick in known.items() if tick != before_ticks[key]]
            moved = [lock for name, lock in record.traffic.locks.items() if lock != before.traffic.locks[name]]
            if (record == before and not changed) or self._records.save(record, changed, self._clock(), moved):
                return Saved(result, claimed, known, record)
        raise ContentionError(f"too many changes to {job} at the same time")

    def drop(self, job: str, messages: Sequence[Message]) -> Saved[None]:
        """Remove messages that were sent from a job's record. This may claim further messages that are to be sent."""
        sent = {message.id for message in messages}

        def drop(record: JobRecord, _: object) -> None:
            record.outbox = [message for message in record.outbox if message.id not in sent]

        return self.make(job, (), drop)

    def _wait(self, attempt: int) -> None:
        """Wait so that other invocations can finish, a little longer at each attempt."""
        if attempt:
            self._sleep(random.uniform(0, min(_LONGEST_WAIT, _WAIT * attempt)))  # noqa: S311 - nothing secret


def _claim(record: JobRecord, now: datetime) -> list[Message]:
    """Return the messages that no invocation is sending, in order. None overtakes one that is still being sent."""
    claimed = []
    for message in record.outbox:
        if message.lease is not None and message.lease > instants.text(now):
            break
        message.lease = instants.text(now + LEASE)
        claimed.append(message)
    return claimed
