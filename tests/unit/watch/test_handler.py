"""The function's entry: a failed sweep is logged and not repeated, and a failed event is left to AWS to repeat."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.watch.test_reports import report
from tests.unit.watch.told import TICK, nightly
from tests.unit.watch.world import Killed, World, events, refusal
from watch import handler

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK = {"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}


@pytest.fixture
def handle(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], object]:
    """Return the function's entry for the stack of the test."""
    monkeypatch.setattr(handler, "_watch", lambda _: world.watch)
    return lambda event: handler.handle(event, SimpleNamespace(invoked_function_arn=""))


def looks(output: str) -> list[float]:
    """Return the values of the metric of whole sweeps in the lines of a log."""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [line["Looks"] for line in lines if "Looks" in line]


@pytest.mark.parametrize("refused", ["ListSchedules", "DescribeTaskDefinition"], ids=["all of it", "a part of it"])
def test_failed_sweep(
    world: World, handle: Callable[[dict[str, Any]], object], capsys: pytest.CaptureFixture[str], refused: str
) -> None:
    """A failed sweep is no failed invocation; the log has the reason, and only a whole sweep counts as one."""
    world.account.refused = {refused}
    assert handle(LOOK) is None
    failed = capsys.readouterr().out
    assert looks(failed) == []
    assert f"calling the {refused} operation" in failed
    assert all(line.startswith(("|", "{")) for line in failed.splitlines())
    world.account.refused = set()
    handle(LOOK)
    assert looks(capsys.readouterr().out) == [1]


def test_failed_sweep_looks_at_the_rest(world: World, handle: Callable[[dict[str, Any]], object]) -> None:
    """A sweep that fails in part has reported what it found."""
    world.account.refused = {"DescribeTaskDefinition"}
    world.now = TICK + timedelta(minutes=16)
    handle(LOOK)
    assert [class_ for class_, _, _ in world.told()] == ["missed"]


def test_ledger_that_does_not_answer(
    world: World, handle: Callable[[dict[str, Any]], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep without the ledger fails like any other; an event without it fails, so that AWS repeats it."""

    def refuse(*_: object) -> None:
        raise refusal("Query")

    for name in ("jobs", "deployed_job"):
        monkeypatch.setattr(world.ledger, name, refuse)
    assert handle(LOOK) is None
    with pytest.raises(Exception, match="calling the Query operation"):
        handle(events(world, nightly())[0])


def test_killed_sweep(
    world: World, handle: Callable[[dict[str, Any]], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep that is killed, such as by the time limit, is a failed invocation."""

    def kill(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(world.ledger, "jobs", kill)
    with pytest.raises(Killed):
        handle(LOOK)


def test_unknown_event(handle: Callable[[dict[str, Any]], object]) -> None:
    """An event that is none of the watch's is a failed invocation, and the message shows no value of it."""
    with pytest.raises(ValueError, match="it has 'detail', 'detail-type', 'source'") as failure:
        handle({**LOOK, "detail-type": "Another"})
    assert "Another" not in str(failure.value)


def test_report_of_nobodys_run(
    world: World, handle: Callable[[dict[str, Any]], object], capsys: pytest.CaptureFixture[str]
) -> None:
    """A service may go on with a job that is not deployed. The log says so, and nothing is recorded."""
    handle(report())
    assert "no job of jobs-production has the name web" in capsys.readouterr().out
    assert "web" not in world.ledger.all_jobs()
