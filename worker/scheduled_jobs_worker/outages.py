"""What a worker does while AWS does not answer: it goes on, at growing distances, and says so once."""

from __future__ import annotations

from . import aws, logs

_FIRST, _LONGEST = 1.0, 60.0
"""Seconds until the next call."""


class Outage:
    """The failures in a row of the calls to AWS."""

    def __init__(self) -> None:
        """Have seen none."""
        self._wait = _FIRST
        self._said: set[str] = set()

    def goes_on(self, error: Exception) -> float:
        """Log an error whose code is new in this outage; return the seconds to wait before the next call."""
        code = aws.code(error)
        if code not in self._said:
            self._said.add(code)
            logs.trouble("aws-failed", error=code, message=str(error))
        wait, self._wait = self._wait, min(self._wait * 2, _LONGEST)
        return wait

    def is_over(self) -> None:
        """Log that AWS answers again, if it did not."""
        if self._said:
            logs.news("aws-answers")
        self._wait, self._said = _FIRST, set()
