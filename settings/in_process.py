"""The type `InProcess`: a job that the processes of a running service begin by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Store = Literal["dynamodb", "redis"]
"""Where the processes claim a tick, so that one of them has it."""


@dataclass(frozen=True)
class InProcess:
    """A job that a service's own clock begins: in each of its processes, of which one claims the tick.

        JOB = Job(name="sweep-carts", in_process=InProcess(), owner="shop")

    The job's placement names the service. Nothing is launched: the stack knows when a run is due, and hears of its
    beginning and its end. See docs/workers.md.
    """

    store: Store = "dynamodb"
    """Where the processes claim ticks: the stack's table in DynamoDB, or a Redis that the service has."""
