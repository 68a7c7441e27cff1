"""Reduces what Pulumi's SDK costs a program with many resources. docs/decisions/debug-messages.md has the reasons."""

from __future__ import annotations

import asyncio
import gc
import os
from collections import deque
from typing import TYPE_CHECKING, Any

import pulumi
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2

if TYPE_CHECKING:
    from components.scheduled_job import ScheduledJob

SEND_DEBUG = "SCHEDULED_JOBS_DEBUG"
"""The environment variable that keeps the SDK's debug messages. Any value except the empty one counts."""

_ALLOCATIONS = 20_000
"""Allocations between two collections of the youngest objects; Python 3.11 has 700, which suits small programs."""
_COLLECTIONS = 5
"""Collections of the younger objects between two collections of older ones."""
_MOST_IN_FLIGHT = 30
"""Jobs that are being registered at a time. The engine works on fewer resources at once (`pulumi up --parallel`)."""


def reduce() -> None:
    """Collect garbage less often, and drop the SDK's debug messages unless `SCHEDULED_JOBS_DEBUG` is set."""
    gc.freeze()  # the modules stay
    gc.enable()
    gc.set_threshold(_ALLOCATIONS, _COLLECTIONS, _COLLECTIONS)
    if not os.environ.get(SEND_DEBUG):
        _drop_debug_messages()


class InFlight:
    """The jobs that are being registered. A program that waits for them needs memory for these jobs only.

    Without it a program declares all its jobs before the engine has registered the first ones.
    """

    def __init__(self) -> None:
        """Begin without jobs."""
        self._jobs: deque[list[pulumi.Output[str]]] = deque()
        self.schedules = 0
        """The number of schedules of all jobs so far."""

    async def add(self, job: ScheduledJob) -> None:
        """Let the engine begin with a job. If too many jobs are in flight, wait for the oldest one."""
        self._jobs.append(list(job.schedule_arns.values()))
        self.schedules += len(job.schedule_arns)
        await asyncio.sleep(0)
        if len(self._jobs) > _MOST_IN_FLIGHT:
            await self._wait_for_oldest()

    async def finish(self) -> None:
        """Wait until the engine has registered every job."""
        while self._jobs:
            await self._wait_for_oldest()

    async def _wait_for_oldest(self) -> None:
        """Wait for a job. If the engine refuses a resource, the SDK reports it and ends the program."""
        await asyncio.gather(*[arn.future() for arn in self._jobs.popleft()], return_exceptions=True)


def _drop_debug_messages() -> None:
    """Send messages to the engine only from severity info on.

    The SDK sends five debug messages for each resource and waits for the answer to each, though the engine shows them
    only with `--debug`.
    """
    engine = pulumi.runtime.settings.get_engine()
    if engine is not None and not isinstance(engine.Log, _WithoutDebug):
        engine.Log = _WithoutDebug(engine.Log)


class _WithoutDebug:
    """The method `Log` of the engine's client, except that it drops debug messages."""

    def __init__(self, send: Any) -> None:  # noqa: ANN401 - a method of a generated client
        self._send = send

    def __call__(self, request: engine_pb2.LogRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return Empty() if request.severity == engine_pb2.DEBUG else self._send(request, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        """Return another way to call the method, such as `future`, unchanged."""
        return getattr(self._send, name)
