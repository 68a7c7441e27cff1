"""The rates at which ECS takes RunTask calls, and Fargate launches tasks."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime

from aws_facts.fargate import PROVIDERS, SPOT
from emulator.gateway.gateway import AwsError

_CALLS = (20, 20)
_TASKS = (100, 20)
"""Tokens in a full bucket, and tokens that a second adds: for calls of RunTask, and for the tasks that they launch.

Tasks on demand and on Spot have a bucket each (ECS Developer Guide, "AWS Fargate throttling quotas").
"""


@dataclass
class TokenBucket:
    """Tokens that are taken at once and come back at a rate."""

    size: float
    rate: float
    """Tokens that come back in a second."""
    at: datetime
    """When `left` was counted."""
    left: float

    @classmethod
    def full(cls, size: float, rate: float, now: datetime) -> TokenBucket:
        """Return a full bucket."""
        return cls(size, rate, now, size)

    def take(self, count: float, now: datetime) -> bool:
        """Take tokens, and return whether there were enough; too few are left as they are."""
        self.left = min(self.size, self.left + self.rate * max(0.0, (now - self.at).total_seconds()))
        self.at = max(self.at, now)
        if count > self.left:
            return False
        self.left -= count
        return True


class LaunchRates:
    """The buckets of one account, in all regions."""

    def __init__(self) -> None:
        """Start with full buckets."""
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], TokenBucket] = {}

    def take(self, region: str, count: int, provider: str | None) -> None:
        """Take tokens for a call that launches `count` tasks on a capacity provider. Those of Fargate alone count.

        Raises ThrottlingException when there are too few (ECS Developer Guide, "Request throttling").
        """
        tasks = "tasks on Spot" if provider == SPOT else "tasks on demand"
        on_fargate = [(tasks, _TASKS, count)] if provider in (None, *PROVIDERS) else []
        now = datetime.now(UTC)
        with self._lock:
            for kind, (size, rate), taken in [("calls", _CALLS, 1), *on_fargate]:
                bucket = self._buckets.setdefault((region, kind), TokenBucket.full(size, rate, now))
                if not bucket.take(taken, now):
                    raise AwsError("ThrottlingException", "Rate exceeded")
