"""The messages of a queue at one moment; moto looks at the clock for each of them with every message that is sent."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.core.utils import unix_time_millis
from moto.sqs.models import Queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.sqs.models import Message


@contextmanager
def at_one_moment() -> Iterator[None]:
    """Make moto look at the clock once to count or list the messages of a queue."""
    moto: Any = Queue
    names = {
        "approximate_number_of_messages_delayed": property(_delayed),
        "approximate_number_of_messages_not_visible": property(_hidden),
        "messages": property(_visible),
    }
    originals = {name: getattr(moto, name) for name in names}
    for name, new in names.items():
        setattr(moto, name, new)
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(moto, name, original)


def _delayed(queue: Queue) -> int:
    now = unix_time_millis()
    return sum(now < message.delayed_until for message in queue._messages)  # noqa: SLF001 - moto counts them too


def _hidden(queue: Queue) -> int:
    now = unix_time_millis()
    return sum(now <= message.visible_at for message in queue._messages)  # noqa: SLF001 - moto counts them too


def _visible(queue: Queue) -> list[Message]:
    """Return the messages that can be received; for moto a message is visible after its moment."""
    now = unix_time_millis()
    messages = queue._messages  # noqa: SLF001 - moto lists them too
    return [message for message in messages if message.visible_at < now and message.delayed_until <= now]
