"""The messages of a queue at one moment; moto looks at the clock for each of them with every message that is sent.

For moto a message is visible only after the moment at which it becomes visible, so that one whose visibility timeout a
receiver has set to 0 would stay hidden while the sandbox's clock stands still.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time_millis
from moto.sqs.models import Message, Queue

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def at_one_moment() -> Iterator[None]:
    """Make moto look at the clock once to count or list the messages of a queue."""
    replaced: list[tuple[Any, str, Any]] = [
        (Queue, "approximate_number_of_messages_delayed", _delayed),
        (Queue, "approximate_number_of_messages_not_visible", _hidden),
        (Queue, "messages", _visible),
        (Message, "visible", _is_visible),
    ]
    originals = [getattr(of, name) for of, name, _ in replaced]
    for of, name, new in replaced:
        setattr(of, name, property(new))
    try:
        yield
    finally:
        for (of, name, _), original in zip(replaced, originals, strict=True):
            setattr(of, name, original)


def _delayed(queue: Queue) -> int:
    now = unix_time_millis()
    return sum(now < message.delayed_until for message in queue._messages)  # noqa: SLF001 - moto counts them too


def _hidden(queue: Queue) -> int:
    now = unix_time_millis()
    return sum(now < message.visible_at for message in queue._messages)  # noqa: SLF001 - moto counts them too


def _visible(queue: Queue) -> list[Message]:
    """Return the messages that can be received."""
    now = unix_time_millis()
    messages = queue._messages  # noqa: SLF001 - moto lists them too
    return [message for message in messages if message.visible_at <= now and message.delayed_until <= now]


def _is_visible(message: Message) -> bool:
    return message.visible_at <= unix_time_millis()
