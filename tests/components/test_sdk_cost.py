"""The cost of the SDK: debug messages are dropped, garbage is collected less often, and few jobs are in flight."""

from __future__ import annotations

import asyncio
import gc
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import grpc
import pulumi
import pytest
from pulumi.runtime import mocks, settings
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

from components import sdk_cost

if TYPE_CHECKING:
    from collections.abc import Iterator


class Engine(mocks.MockEngine):
    """An engine that keeps the messages it gets."""

    def __init__(self) -> None:
        """Start without messages."""
        super().__init__(None)
        self.got: list[tuple[int, str]] = []

    def Log(self, request: Any, *, timeout: float | None = None) -> Any:  # noqa: ANN401, N802 - the engine's interface
        """Keep the message."""
        del timeout
        self.got.append((request.severity, request.message))


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Connect the SDK to an engine, with Python's own collector; restore both afterwards."""
    threshold, connected = gc.get_threshold(), settings.get_engine()
    gc.set_threshold(700, 10, 10)
    engine = Engine()
    settings.SETTINGS.engine = engine
    yield engine
    settings.SETTINGS.engine = connected
    gc.set_threshold(*threshold)
    gc.unfreeze()


def say_all() -> None:
    """Send a message of each severity as programs and the SDK do."""
    for say in (pulumi.log.debug, pulumi.log.info, pulumi.log.warn, pulumi.log.error):
        say(say.__name__)


ALL = [
    (engine_pb2.DEBUG, "debug"),
    (engine_pb2.INFO, "info"),
    (engine_pb2.WARNING, "warn"),
    (engine_pb2.ERROR, "error"),
]


def test_drops_debug_messages_only(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Information, warnings and errors reach the engine as before."""
    monkeypatch.delenv(sdk_cost.SEND_DEBUG, raising=False)
    sdk_cost.reduce()
    sdk_cost.reduce()
    say_all()
    assert engine.got == ALL[1:]


def test_keeps_other_ways_to_call(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a client offers beside the plain call, such as a call without waiting, stays."""
    monkeypatch.delenv(sdk_cost.SEND_DEBUG, raising=False)
    client = EngineStub(grpc.insecure_channel("127.0.0.1:1"))
    future = client.Log.future
    settings.SETTINGS.engine = client
    sdk_cost.reduce()
    assert client.Log.future == future
    settings.SETTINGS.engine = engine


def test_variable_keeps_debug_messages(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable, every message reaches the engine."""
    monkeypatch.setenv(sdk_cost.SEND_DEBUG, "1")
    sdk_cost.reduce()
    say_all()
    assert engine.got == ALL


def test_collects_garbage_less_often(engine: Engine) -> None:
    """The collector stays on, with a higher threshold."""
    del engine
    sdk_cost.reduce()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == (20_000, 5, 5)


def test_few_jobs_are_in_flight() -> None:
    """The thirty-first job waits until the first one is registered, and the end waits for all."""

    async def program() -> None:
        arns: list[asyncio.Future[str]] = [asyncio.get_running_loop().create_future() for _ in range(31)]
        jobs: list[Any] = [SimpleNamespace(schedule_arns={"one": pulumi.Output.from_input(arn)}) for arn in arns]
        in_flight = sdk_cost.InFlight()
        for job in jobs[:30]:
            await in_flight.add(job)
        last = asyncio.ensure_future(in_flight.add(jobs[30]))
        assert not await _gets_done(last)
        arns[0].set_result("arn")
        await last
        end = asyncio.ensure_future(in_flight.finish())
        for arn in arns[1:]:
            assert not await _gets_done(end)
            arn.set_result("arn")
        await end
        assert in_flight.schedules == 31

    mocks.test(program)()  # type: ignore[no-untyped-call]


async def _gets_done(task: asyncio.Future[None]) -> bool:
    """Return whether a task is done after everything that could run has run."""
    for _ in range(50):
        await asyncio.sleep(0)
    return task.done()
