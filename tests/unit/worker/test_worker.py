"""What a service may register, and what it is told when it may not."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest

from scheduled_jobs_worker import Worker, names

if TYPE_CHECKING:
    from scheduled_jobs_worker.runs import Run


@pytest.fixture
def worker() -> Worker:
    """Return a worker of a service."""
    return Worker("shop", "web")


def test_registered_function_stays_itself(worker: Worker) -> None:
    """The service can still call what it has registered, under its own name or another one."""

    @worker.task
    def plain() -> str:
        return "called"

    @worker.task("other-name")
    def named(run: Run | None = None) -> str:
        return f"called with {run}"

    assert (plain(), named()) == ("called", "called with None")
    assert worker._tasks.keys() == {"plain", "other-name"}


def test_function_gets_the_run_if_it_takes_it(worker: Worker) -> None:
    """The run goes to a positional parameter, and to no other."""
    got: list[Any] = []

    @worker.task
    def one(run: Run) -> None:
        got.append(run)

    @worker.task
    def none(*, force: bool = False) -> None:
        got.append(force)

    run: Any = object()
    for name in ("one", "none"):
        worker._tasks[name](run)
    assert got == [run, False]


def needs_two(one: Run, two: int) -> None:
    """Need more than the run."""


def test_mistakes(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is taken, a function that needs more, and a worker without a placement are told at once."""
    worker.task("hello")(print)
    with pytest.raises(ValueError, match=r"^two functions are registered as 'hello'; each must have a name of its own"):
        worker.task("hello")(print)
    with pytest.raises(TypeError, match=r"^'needs_two' needs 2 arguments; a task takes none, or the Run$"):
        worker.task(needs_two)
    monkeypatch.delenv(names.PLACEMENT, raising=False)
    missing = "placement: not given; pass placement=... or set the variable SCHEDULED_JOBS_PLACEMENT"
    with pytest.raises(ValueError, match=re.escape(missing)):
        Worker("shop")


def test_only_the_main_thread_runs(worker: Worker) -> None:
    """A worker in a thread would not hear its signals, so it refuses."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            worker.run()
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert "must be called in the main thread" in str(errors[0])
