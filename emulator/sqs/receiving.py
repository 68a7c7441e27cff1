"""What moto's queues lack when messages are received: the sandbox's time, and speed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time
from moto.sqs.models import SQSBackend

from emulator.timekeeping import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.sqs.models import Message


@contextmanager
def by_the_clock() -> Iterator[None]:
    """Receive messages by the sandbox's clock, and judge the age of each at the same small cost.

    While the clock stands still a wait for messages would never end. No message can become due during it, so that an
    empty answer is right at once. moto counts all messages of a queue to judge the age of one.
    """
    receive, is_young = SQSBackend.receive_message, SQSBackend.is_message_valid_based_on_retention_period

    def receive_message(backend: SQSBackend, queue: str, count: int, wait: int, *given: Any) -> list[Message]:  # noqa: ANN401 - the rest of moto's own
        return receive(backend, queue, count, 0 if clock.stands_still() else wait, *given)

    SQSBackend.receive_message = receive_message  # type: ignore[assignment, method-assign]
    SQSBackend.is_message_valid_based_on_retention_period = _is_young  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        SQSBackend.receive_message = receive  # type: ignore[method-assign]
        SQSBackend.is_message_valid_based_on_retention_period = is_young  # type: ignore[method-assign]


def _is_young(backend: SQSBackend, queue_name: str, message: Message) -> bool:
    """Return whether a message is not older than the retention period of its queue."""
    kept: int = vars(backend.get_queue(queue_name))["message_retention_period"]
    sent: int = vars(message)["sent_timestamp"]
    return unix_time() < kept + sent / 1000
