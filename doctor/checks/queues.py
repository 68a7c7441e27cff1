"""Checks that the group's queues are there and empty, and that they keep what their function cannot handle. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doctor.finding import Link, broken, sound, unchecked
from doctor.repair import AGAIN
from judgements.answers import Refused
from watch import durations
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.account import Known
    from doctor.finding import Finding


COUNTED = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
"""The attributes that count messages, those that a function handles now among them. Delayed ones wait on purpose."""


@dataclass(frozen=True, kw_only=True)
class GroupQueue:
    """One of the group's queues, as it should be."""

    link: Link
    name: str
    holds: str
    """What is in it, such as "launches that Scheduler gave up"."""
    function: str
    """The function that takes the messages; empty for a queue that nobody takes them from."""
    next: str
    """The queue of what the function cannot handle; empty for none."""
    patience: int
    """Seconds after which a message should have been taken."""


@dataclass(frozen=True)
class FoundQueue:
    """One of the group's queues, as it is."""

    queue: GroupQueue
    answer: Known[Mapping[str, Any] | None] | Refused
    """GetQueueAttributes's answer."""
    oldest: Known[float] | Refused
    """Seconds since the oldest message was sent, as CloudWatch knows it; 0 for a queue without messages."""


def check(queues: Sequence[FoundQueue]) -> Iterator[Finding]:
    """Yield what is found of each queue."""
    for found in queues:
        faults = list(_faults(found))
        yield from faults or [sound(found.queue.link, found.queue.name)]


def _faults(found: FoundQueue) -> Iterator[Finding]:
    queue, answer = found.queue, found.answer
    if isinstance(answer, Refused):
        yield unchecked(queue.link, queue.name, "the queue and its messages", answer)
    elif answer.value is None:
        text = f"there is no such queue, so {queue.holds} are lost"
        yield broken("queue-missing", queue.link, queue.name, text, AGAIN)
    else:
        yield from _redrive(queue, answer.value["Attributes"])
        yield from _messages(queue, answer.value["Attributes"], found.oldest)


def _redrive(queue: GroupQueue, attributes: Mapping[str, str]) -> Iterator[Finding]:
    if not queue.next:
        return
    target = json.loads(attributes.get("RedrivePolicy") or "{}").get("deadLetterTargetArn", "")
    if target.rpartition(":")[2] != queue.next:
        text = f"what {queue.function} cannot handle does not go to {queue.next}, so nobody learns of it"
        yield broken("queue-redrive", queue.link, queue.name, text, AGAIN)


def _messages(queue: GroupQueue, attributes: Mapping[str, str], oldest: Known[float] | Refused) -> Iterator[Finding]:
    count = sum(int(attributes[name]) for name in COUNTED)
    waiting = counted(count, "message")
    if count == 0:
        return
    if not queue.function:
        text = f"the queue has {waiting}: {queue.holds}; what they are about may have no alert"
        fix = (
            "the log of the watch says why; aws sqs receive-message shows them, and aws sqs purge-queue removes them, "
            "which ends the alarm"
        )
        yield broken("given-up-waiting", queue.link, queue.name, text, fix)
    elif isinstance(oldest, Refused):
        yield unchecked(queue.link, queue.name, f"since when it has {waiting}", oldest)
    elif oldest.value > queue.patience:
        text = f"the queue has {waiting}, the oldest for {durations.text(int(oldest.value))}: {queue.holds}"
        fix = (
            f"the log of the function {queue.function} says what it cannot handle, if nothing is found of the function"
        )
        yield broken("messages-waiting", queue.link, queue.name, text, fix)
