"""What a service may register, and what it is told when it may not."""

from __future__ import annotations

import re
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from scheduled_jobs_worker import Worker, names

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

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


def _yields(_run: Run) -> Iterator[int]:
    yield 1


async def _yields_later() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize("function", [_yields, _yields_later, partial(_yields)])
def test_function_that_would_do_nothing(worker: Worker, function: Callable[..., object]) -> None:
    """A call of a generator does nothing of its work. Its runs would all be good."""
    with pytest.raises(TypeError, match=r"^'rates' has a `yield`, so a call does nothing of it"):
        worker.task("rates")(function)


def test_functions_that_cannot_be_called(worker: Worker) -> None:
    """What each run would fail with is told at once."""

    def keyword(*, date: str) -> None:
        raise AssertionError(date)

    def both(run: Run, *, date: str) -> None:
        raise AssertionError(run, date)

    refused: list[tuple[Any, str]] = [
        (keyword, "'rates' needs an argument by name, 'date'; a task"),
        (both, "'rates' needs an argument by name, 'date'; a task"),
        (7, "'rates' is 7; a"),
    ]
    for function, wrong in refused:
        with pytest.raises(TypeError, match=f"^{wrong}"):
            worker.task("rates")(function)


@pytest.mark.parametrize("name", ["", "two words", "-x", "x" * 65, "näme", "x\n", 7, None])
def test_names_that_no_job_file_has(worker: Worker, name: Any) -> None:  # noqa: ANN401 - a mistake
    """No message would ever ask for them."""
    with pytest.raises(ValueError, match="register it under a name such as"):
        worker.task(name)(print)
    with pytest.raises(ValueError, match="register it under a name such as"):
        worker.task(partial(print))
    with pytest.raises(ValueError, match="register it under a name such as"):
        worker.task(lambda: None)


@pytest.mark.parametrize("grace", [-1, float("nan"), float("inf"), "20", None, True])
def test_grace_that_no_worker_can_wait(grace: Any) -> None:  # noqa: ANN401 - a mistake
    """The worker would fail when it is told to end, amid a job."""
    with pytest.raises(ValueError, match=rf"^grace: {grace!r}; must be a number of seconds from 0 to 86400$"):
        Worker("shop", "web", grace=grace)


@pytest.mark.parametrize("name", ["shop\n", "a b", "*", 7])
def test_groups_and_placements_that_cannot_be(name: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - a mistake
    """A mistake in a variable is named with the variable, before AWS is asked for another queue."""
    with pytest.raises(ValueError, match=r"SCHEDULED_JOBS_PLACEMENT$"):
        Worker("shop", name)
    monkeypatch.setenv(names.GROUP, str(name) + "!")
    with pytest.raises(ValueError, match=r"SCHEDULED_JOBS_GROUP$"):
        Worker(placement="web")


def test_worker_without_functions(worker: Worker) -> None:
    """It would take each run from those workers that can do it, and fail it."""
    with pytest.raises(RuntimeError, match=r"^no function is registered; import the modules with @worker\.task"):
        worker.run()


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
