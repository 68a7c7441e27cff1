"""Makes staged failures of queues happen: queues that take no messages, and messages that are doubled, lost or late."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time_millis
from moto.sqs.models import SQSBackend

from emulator.fault_injection.faults import Fault, Faults, Kind
from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.sqs.models import Message, Queue

_DOWN = "The request has failed due to a temporary failure of the server."
"""SQS's words for ServiceUnavailable (SQS API reference, Common Error Types)."""


@contextmanager
def staged(faults: Faults) -> Iterator[None]:
    """Make the staged failures happen to each message that anybody sends to a queue."""
    original = SQSBackend.send_message

    def send_message(backend: SQSBackend, queue_name: str, *given: Any, **named: Any) -> Message:  # noqa: ANN401
        if _taken(faults, Kind.QUEUE, queue_name):
            raise AwsError("ServiceUnavailable", _DOWN)
        message = original(backend, queue_name, *given, **named)
        _spoil(faults, backend.get_queue(queue_name), message)
        return message

    SQSBackend.send_message = send_message  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        SQSBackend.send_message = original  # type: ignore[method-assign]


def _spoil(faults: Faults, queue: Queue, message: Message) -> None:
    """Delay, double or lose a message that the queue has taken. Its sender does not learn of it."""
    if late := _taken(faults, Kind.DELAY_MESSAGES, queue.name):
        message.delayed_until = max(message.delayed_until, unix_time_millis()) + 1000 * (late.seconds or 0)
    if _taken(faults, Kind.DUPLICATE_MESSAGES, queue.name):
        queue.add_message(copy.deepcopy(message))
    if _taken(faults, Kind.LOSE_MESSAGES, queue.name):
        queue._messages.remove(message)  # noqa: SLF001 - moto deletes only what was received


def _taken(faults: Faults, kind: Kind, queue_name: str) -> Fault | None:
    return faults.take(kind, fits=lambda fault: fault.name == queue_name)
