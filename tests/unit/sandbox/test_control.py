"""The sandbox's own requests end when the client goes away."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from werkzeug.test import Client

from sandbox.control import Control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = datetime(2026, 3, 2, tzinfo=UTC)


class Endless:
    """A timeline with a moment each minute, which waits until the test continues it."""

    def __init__(self) -> None:
        """Start with no moment reached."""
        self.reached: list[datetime] = []
        self.go_on = threading.Semaphore(1)

    def advance(self, to: datetime, progress: Callable[[datetime], None]) -> None:
        """Reach each minute until `to`."""
        moment = START
        while moment < to:
            assert self.go_on.acquire(timeout=10)
            progress(moment)
            self.reached.append(moment)
            moment += timedelta(minutes=1)


@pytest.mark.parametrize("read", [1, 2])
def test_client_that_goes_away(read: int) -> None:
    """When the answer is closed, no further moment is reached, and no thread keeps running."""
    timeline = Endless()
    control = Control(cast("Any", None), cast("Any", None), cast("Any", timeline), cast("Any", None), {})
    before = set(threading.enumerate())
    response = Client(control).post("/advance", json={"to": (START + timedelta(days=1)).isoformat()}, buffered=False)
    lines = cast("Iterator[bytes]", iter(response.response))
    for _ in range(read - 1):
        timeline.go_on.release()
    for minute in range(read):
        assert json.loads(next(lines)) == {"moment": (START + timedelta(minutes=minute)).isoformat()}
    response.close()
    timeline.go_on.release()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
    assert len(timeline.reached) == read
