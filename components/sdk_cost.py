"""Reduces what Pulumi's SDK costs a program with many resources. docs/decisions/debug-messages.md has the reasons."""

from __future__ import annotations

import gc
import os
from typing import Any

import pulumi
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2

SEND_DEBUG = "SCHEDULED_JOBS_DEBUG"
"""The environment variable that keeps the SDK's debug messages. Any value except the empty one counts."""

_ALLOCATIONS = 100_000
"""Allocations between two collections of the youngest objects; Python 3.11 has 700, which suits small programs."""


def reduce() -> None:
    """Collect garbage less often, and drop the SDK's debug messages unless `SCHEDULED_JOBS_DEBUG` is set."""
    gc.freeze()  # the modules stay
    gc.set_threshold(_ALLOCATIONS, 20, 20)
    if not os.environ.get(SEND_DEBUG):
        _drop_debug_messages()


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
