"""The lines of a run that a process of a service has claimed, in the log of its container."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import time_machine
from moto import mock_aws

from tests.unit.watch.world import START
from watch.watched_account import InvocationLog, WatchedAccount

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP, ID, OTHER = "/shop/web", "0" * 32, "1" * 32
AT = int(START.timestamp() * 1000)


def begun(id_: str) -> str:
    """Return what the library writes at the start of a run."""
    return f'{{"event": "run-started", "run": "queue/{id_}"}}'


def ended(id_: str) -> str:
    """Return what the library writes at the end of a run."""
    return f'{{"event": "run-ended", "run": "queue/{id_}"}}'


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a client of logs, with a group."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with time_machine.travel(START, tick=False), mock_aws():
        client = boto3.client("logs")
        client.create_log_group(logGroupName=GROUP)
        yield client


def write(logs: Any, stream: str, *texts: str, second: int = 0) -> None:  # noqa: ANN401 - a client of boto3
    """Write lines to a stream, one a second."""
    logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    events = [{"timestamp": AT + 1000 * (second + at), "message": text} for at, text in enumerate(texts)]
    logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def read(until: float | None = None) -> InvocationLog | None:
    """Return the lines of the run; `until` is its end, if that is known, in seconds."""
    end = None if until is None else START + timedelta(seconds=until)
    return WatchedAccount().lines_of_claimed_run(GROUP, ID, START, end, 10)


def texts(found: InvocationLog | None) -> list[str]:
    """Return the lines alone."""
    assert found is not None
    return [line.text for line in found.lines]


def test_from_start_to_end(logs: Any) -> None:  # noqa: ANN401 - a client of boto3
    """The lines before and after the run are those of others."""
    assert read() is None
    write(logs, "a", "before", begun(ID), "one", ended(ID), "after", begun(OTHER))
    assert texts(read(60)) == [begun(ID), "one", ended(ID)]


def test_process_that_died(logs: Any) -> None:  # noqa: ANN401 - a client of boto3
    """The last lines of a process that was killed are what it wrote before, and not the next run's."""
    write(logs, "a", "before", begun(ID), "one", "two", begun(OTHER), "of the other")
    assert texts(read(60)) == [begun(ID), "one", "two"]


def test_until_the_end_of_the_run(logs: Any) -> None:  # noqa: ANN401 - a client of boto3
    """What the container writes after the end of a run whose process died is not the run's; while it goes on, it is."""
    write(logs, "a", begun(ID), "one", "two", "three")
    assert texts(read(2)) == [begun(ID), "one", "two"]
    with time_machine.travel(START + timedelta(minutes=1), tick=False):
        assert texts(read()) == [begun(ID), "one", "two", "three"]


def test_run_that_was_taken_over(logs: Any) -> None:  # noqa: ANN401 - a client of boto3
    """The lines are those of the process that has it at last."""
    write(logs, "a", begun(ID), "of the first")
    write(logs, "b", begun(ID), "of the second", ended(ID), second=5)
    found = read(60)
    assert found is not None
    assert (found.stream, texts(found)) == ("b", [begun(ID), "of the second", ended(ID)])
