"""Changes of a job's records, and the messages that come of them: decided once, and sent at least once.

A message is in the job's record from the moment at which it is decided until it was sent. Whoever is killed in between
leaves it there with a lease. When the lease is over, the repeated invocation or the next sweep sends the message.
"""

from __future__ import annotations

import copy
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from watch import instants

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from watch.ledger import TickKey
    from watch.records import JobRecord, Message, Tick

    Decide = Callable[[JobRecord, Mapping[TickKey, Tick]], "T"]

T = TypeVar("T")

LEASE = timedelta(seconds=60)
"""As long as an invocation may take: whoever holds a lease that is over has ended. AWS repeats after a minute."""

_WAIT, _LONGEST_WAIT = 0.01, 0.2
"""Seconds."""

_ATTEMPTS = 50
"""Each time somebody else was faster, somebody got on: so many invocations of one job may run at the same time."""


class ContentionError(Exception):
    """So much happens to one job at once that this change did not come in between; AWS will repeat it."""


class Records(Protocol):
    """What the ledger offers here."""

    def load(self, job: str, ticks: Sequence[TickKey] = ()) -> tuple[JobRecord, dict[TickKey, Tick]]:
        """Read a job's record and ticks."""

    def save(self, record: JobRecord, ticks: Sequence[Tick], now: datetime) -> bool:
        """Write them, unless somebody else was faster."""


@dataclass(frozen=True)
class Saved(Generic[T]):
    """A change that was saved."""

    result: T
    """What the decision returned."""
    claimed: list[Message]
    """Messages that are now to be sent, and then to be dropped."""
    ticks: Mapping[TickKey, Tick]
    """The ticks of the change, as they were saved."""


class Changes:
    """Makes changes to records."""

    def __init__(
        self, records: Records, clock: Callable[[], datetime], wait: Callable[[float], None] = time.sleep
    ) -> None:
        """Change what is in `records`; `wait` for seconds before another attempt."""
        self._sleep = wait
        self._records = records
        self._clock = clock

    def make(self, job: str, ticks: Sequence[TickKey], decide: Decide[T]) -> Saved[T]:
        """Have `decide` change a job's record and ticks, and save them; ContentionError where others are faster."""
        for attempt in range(_ATTEMPTS):
            self._wait(attempt)
            record, known = self._records.load(job, ticks)
            before, before_ticks = copy.deepcopy(record), copy.deepcopy(known)
            result = decide(record, known)
            claimed = _claim(record, self._clock())
            changed = [tick for key, tick in known.items() if tick != before_ticks[key]]
            if (record == before and not changed) or self._records.save(record, changed, self._clock()):
                return Saved(result, claimed, known)
        raise ContentionError(f"too many changes of {job} at the same time")

    def drop(self, job: str, messages: Sequence[Message]) -> Saved[None]:
        """Take messages that were sent out of a job's record; others that are to be sent may be claimed by that."""
        sent = {message.id for message in messages}

        def drop(record: JobRecord, _: object) -> None:
            record.outbox = [message for message in record.outbox if message.id not in sent]

        return self.make(job, (), drop)

    def _wait(self, attempt: int) -> None:
        """Let others get on, a little longer each time."""
        if attempt:
            self._sleep(random.uniform(0, min(_LONGEST_WAIT, _WAIT * attempt)))  # noqa: S311 - nothing secret


def _claim(record: JobRecord, now: datetime) -> list[Message]:
    """Take the messages that nobody is sending, in their order: none overtakes one that is still being sent."""
    claimed = []
    for message in record.outbox:
        if message.lease is not None and message.lease > instants.text(now):
            break
        message.lease = instants.text(now + LEASE)
        claimed.append(message)
    return claimed
