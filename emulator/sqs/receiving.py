"""What moto's queues lack when messages are received: the sandbox's time, its many receivers, and speed."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time
from moto.sqs.models import SQSBackend

from emulator.gateway.connections import caller_is_there
from emulator.timekeeping import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.sqs.models import Message

    from emulator.gateway.gateway import Call, Gateway
    from emulator.iam.identities import Identities

_LOOK = 0.02
"""Seconds between two looks for messages that the clock, or the end of a receiver's time, has made visible."""
_receiver = threading.local()
"""Whether the caller whose request this thread answers waits for messages while the clock stands still."""


def install(gateway: Gateway, identities: Identities) -> None:
    """Let containers of services wait for messages."""
    gateway.check("sqs", "ReceiveMessage", partial(_note_receiver, identities))


@contextmanager
def by_the_clock() -> Iterator[None]:
    """Receive messages by the sandbox's clock, each by one receiver, and judge the age of each at the same small cost.

    The sandbox's clock waits for functions and tasks. While it stands still no message can become due for them, so that
    an empty answer is right at once. A container of a service waits in real time, until there is a message; when it has
    ended it gets none. moto counts all messages of a queue to judge the age of one.
    """
    receive, is_young = SQSBackend.receive_message, SQSBackend.is_message_valid_based_on_retention_period
    turn = threading.Lock()

    def receive_message(backend: SQSBackend, queue: str, count: int, wait: int, *given: Any) -> list[Message]:  # noqa: ANN401 - the rest of moto's own
        end = time.monotonic() + (wait if _waits() else 0)
        while True:
            with turn:
                there = caller_is_there()
                found: list[Message] = receive(backend, queue, count, 0, *given) if there else []
            left = end - time.monotonic() if there else 0
            if found or left <= 0:
                return found
            arrival = vars(backend.get_queue(queue))["_messages_lock"]  # moto tells its own receivers by it
            with arrival:
                arrival.wait(min(left, _LOOK))

    SQSBackend.receive_message = receive_message  # type: ignore[assignment, method-assign]
    SQSBackend.is_message_valid_based_on_retention_period = _is_young  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        SQSBackend.receive_message = receive  # type: ignore[method-assign]
        SQSBackend.is_message_valid_based_on_retention_period = is_young  # type: ignore[method-assign]


def _note_receiver(identities: Identities, call: Call) -> None:
    _receiver.of_service = identities.is_of_service(call)


def _waits() -> bool:
    return getattr(_receiver, "of_service", False) or not clock.stands_still()


def _is_young(backend: SQSBackend, queue_name: str, message: Message) -> bool:
    """Return whether a message is not older than the retention period of its queue."""
    kept: int = vars(backend.get_queue(queue_name))["message_retention_period"]
    sent: int = vars(message)["sent_timestamp"]
    return unix_time() < kept + sent / 1000
