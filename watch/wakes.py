"""Messages in the launch queue that wake the supervisor for a job. They carry nothing but the job's name.

A wake-up is never the only one: each check sends those of the next minutes again. So one that is lost costs time, and
one that comes twice costs a read.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from supervision import calls
from watch import launches, supervising, untrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from watch.launches import Message
    from watch.records import JobRecord

LONGEST_DELAY = 900
"""Seconds (SQS API reference, SendMessage, DelaySeconds)."""
AHEAD = timedelta(minutes=10)
"""How far ahead a check sends wake-ups. The next check comes in five minutes."""


@dataclass(frozen=True)
class Wake:
    """A moment at which the supervisor has something to do for a job, in seconds since 1970."""

    job: str
    moment: int


def needed(record: JobRecord, now: datetime) -> list[Wake]:
    """Return when the supervisor is needed next: for each tick in flight, and for jobs that may take a free lock."""
    second = supervising.seconds(now)
    own = [Wake(record.job, moment) for moment in calls.moments(record.traffic, second)]
    freed = [job for lock in record.traffic.locks.values() if (job := lock.next_job(second)) and job != record.job]
    return [*own, *(Wake(job, second) for job in freed)]


def added(before: Iterable[Wake], after: Iterable[Wake]) -> list[Wake]:
    """Return the wake-ups that a change has added."""
    known = [*before]
    return [wake for wake in after if wake not in known]


class Queue(Protocol):
    """The service of the queue."""

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> object:  # noqa: N803 - as boto3
        """Send a message that is delivered after the delay."""


@dataclass(frozen=True)
class Wakes:
    """Sends wake-ups. In a group without supervised jobs there is no queue, and nobody to wake."""

    queue: str = ""
    """The queue's URL."""
    sqs: Callable[[], Queue] | None = None
    clock: Callable[[], datetime] | None = None
    awake: bool = False
    """Whether the sender is the supervisor, which does what is due for the job that it changes."""

    def send(self, wakes: Iterable[Wake], *, within: timedelta = timedelta(seconds=LONGEST_DELAY)) -> None:
        """Send the wake-ups of the near future. The checks send those that come later, or that cannot be sent now."""
        if self.sqs is None or self.clock is None:
            return
        now = supervising.seconds(self.clock())
        for wake in wakes:
            delay = max(0, wake.moment - now)
            if delay > within.total_seconds():
                continue
            try:
                self._send(json.dumps({"job": wake.job}), delay)
            except Exception as error:  # noqa: BLE001 - any failure costs time only
                sys.stdout.write(untrusted.logged(f"{wake.job}: the supervisor was not woken: {error}"))

    def send_added(self, job: str, wakes: Iterable[Wake]) -> None:
        """Send the wake-ups that a change of a job has added."""
        now = supervising.seconds(self.clock()) if self.clock else 0
        self.send(wake for wake in wakes if not (self.awake and wake.job == job and wake.moment <= now))

    def again(self, message: Message, delay: int) -> None:
        """Let a message come again after a number of seconds."""
        self._send(launches.written(message), delay)

    def _send(self, body: str, delay: int) -> None:
        if self.sqs is not None:
            self.sqs().send_message(QueueUrl=self.queue, MessageBody=body, DelaySeconds=delay)
