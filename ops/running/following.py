"""Reads the logs of a task's containers by their tokens, to their end or while the task runs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from aws_facts.log_place import LogPlace

    Read = Callable[[LogPlace, str | None], tuple[list[tuple[datetime, str]], str | None]]
    """Returns the events after a token, and the next token, as `OperatorAccount.log_events`."""

TAB = "\t"
"""A control character that may be in a line that is shown."""
_EVERY = 2.0
"""Seconds between two looks at a log that grows. GetLogEvents is allowed 10 times a second (CloudWatch Logs quotas)."""
_QUIET_LOOKS = 3
"""Looks without a line after the task's end. Lines are sent some seconds late, and AWS shows them later still."""


@dataclass(frozen=True)
class Line:
    """A line of a container's log."""

    at: datetime
    container: str
    text: str


@dataclass
class ContainerLog:
    """The log of one container, read so far."""

    container: str
    place: LogPlace
    _token: str | None = None

    def new_lines(self, read: Read) -> Iterator[Line]:
        """Yield the lines that were not read before. The log is at its end when AWS gives the same token again."""
        while True:
            events, token = read(self.place, self._token)
            yield from (Line(at, self.container, text) for at, text in events)
            if token in (None, self._token):
                return
            self._token = token


@dataclass
class Logs:
    """The logs of a task."""

    logs: Sequence[ContainerLog]
    read: Read
    pause: Callable[[float], None] = field(default_factory=lambda: _sleep)

    def new_lines(self) -> list[Line]:
        """Return the lines that were not read before, in the order of their times."""
        return sorted((line for log in self.logs for line in log.new_lines(self.read)), key=lambda line: line.at)

    def follow(self, over: Callable[[], bool]) -> Iterator[list[Line]]:
        """Yield new lines until the task is over, and then what still comes.

        Whether it is over is asked before each look, so that the last lines are looked for after the end.
        """
        quiet = 0
        while quiet < _QUIET_LOOKS:
            ended = over()
            lines = self.new_lines()
            yield lines
            quiet = quiet + 1 if ended and not lines else 0
            if quiet < _QUIET_LOOKS:
                self.pause(_EVERY)


def _sleep(seconds: float) -> None:
    time.sleep(seconds)
