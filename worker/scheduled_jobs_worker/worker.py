"""The worker: a process that takes the work of a queue, one run at a time."""

from __future__ import annotations

import inspect
import os
import secrets
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import aws, logs, names
from .claims import Claims
from .clock import SYSTEM
from .handling import VISIBILITY, Handler, Queue
from .outages import Outage
from .place import Place
from .reports import Reporter
from .seconds import seconds
from .signals import AskedError, Signals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .clock import Clock
    from .runs import Run

    Task = TypeVar("Task", bound=Callable[..., object])

_GRACE = 20.0
"""Seconds. With the time that a job has after SIGTERM, it fits into the 30 seconds that ECS waits by default (ECS
Developer Guide, "Task definition parameters", stopTimeout)."""


class Worker:
    """Takes the jobs of a placement's service, and runs their functions."""

    def __init__(
        self,
        group: str | None = None,
        placement: str | None = None,
        *,
        grace: float = _GRACE,
        clock: Clock = SYSTEM,
    ) -> None:
        """Take the work of a placement of a job group.

        Without arguments they are those of the variables SCHEDULED_JOBS_GROUP and SCHEDULED_JOBS_PLACEMENT. After
        SIGTERM a job may go on for `grace` seconds. ValueError for what is not given, or can be neither.
        """
        self._group = names.given(group, names.GROUP)
        self._placement = names.given(placement, names.PLACEMENT)
        self._grace = seconds("grace", grace, least=0)
        self._clock = clock
        self._tasks: dict[str, Callable[[Run], object]] = {}
        self._queue: Queue | None = None

    @overload
    def task(self, name: Task) -> Task: ...

    @overload
    def task(self, name: str) -> Callable[[Task], Task]: ...

    def task(self, name: Any) -> Any:
        """Register a function: under a name with `@worker.task("name")`, under its own name with `@worker.task`.

        The name is that of the job, or the one that `Worker(task=...)` of the job file has. A function with a parameter
        gets the `Run`.
        """
        if not callable(name):
            return partial(self._register, name)
        return self._register(getattr(name, "__name__", ""), name)

    def _register(self, name: str, function: Any) -> Any:  # noqa: ANN401 - any function
        names.checked(name, names.TASK, 'register it under a name such as @worker.task("import-rates")')
        if name in self._tasks:
            raise ValueError(f"two functions are registered as {name!r}; each must have a name of its own")
        self._tasks[name] = function if _takes_run(name, function) else lambda _run: function()
        return function

    def run(self) -> None:
        """Take work until SIGTERM or SIGINT. Then the present job may end within the grace.

        RuntimeError outside the main thread, and without a function: each run would be taken, and fail.
        """
        signals = Signals(self._clock)
        with signals.installed():
            if not self._tasks:
                raise RuntimeError("no function is registered; import the modules with @worker.task before run()")
            place = Place.here()
            holder = f"{place.worker}/{os.getpid()}/{secrets.token_hex(4)}"
            handler = Handler(
                tasks=self._tasks,
                claims=Claims(aws.client("dynamodb"), self._group, holder),
                reporter=Reporter.of(self._group, place),
                clock=self._clock,
                signals=signals,
                grace=self._grace,
            )
            polling = aws.client("sqs", read=aws.POLL + 5.0)
            if threading.active_count() > 1:
                logs.trouble("threads", message="the process has threads, which the processes of its jobs do not have")
            logs.news("worker-started", worker=place.worker, queue=self._queue_name, tasks=sorted(self._tasks))
            self._take_all(handler, signals, polling)
            logs.news("worker-ended", worker=place.worker)

    @property
    def _queue_name(self) -> str:
        return names.work_queue_name(self._group, self._placement)

    def _take_all(self, handler: Handler, signals: Signals, polling: Any) -> None:  # noqa: ANN401 - boto3's clients have no types
        polls, work = Outage(), Outage()
        while not signals.is_asked():
            try:
                queue, received = self._receive(signals, polling)
            except AskedError:
                return
            except aws.ERRORS as error:
                self._queue = None
                self._wait(signals, polls.goes_on(error))
                continue
            polls.is_over()
            try:
                if received is not None and signals.is_asked():
                    queue.give_back(received["ReceiptHandle"])
                elif received is not None:
                    handler.take(queue, received)
                    work.is_over()
            except aws.ERRORS as error:
                self._wait(signals, work.goes_on(error))

    def _wait(self, signals: Signals, seconds: float) -> None:
        """Wait, but no longer than until a signal comes."""
        self._clock.wait([signals.fileno()], seconds)
        signals.clear()

    def _receive(self, signals: Signals, polling: Any) -> tuple[Queue, Mapping[str, Any] | None]:  # noqa: ANN401 - see above
        with signals.interruptible():
            if self._queue is None:
                self._queue = Queue(polling, polling.get_queue_url(QueueName=self._queue_name)["QueueUrl"])
            answer = polling.receive_message(
                QueueUrl=self._queue.url,
                MaxNumberOfMessages=1,
                WaitTimeSeconds=aws.POLL,
                VisibilityTimeout=VISIBILITY,
            )
        return self._queue, next(iter(answer.get("Messages", [])), None)


def _takes_run(name: str, function: Callable[..., object]) -> bool:
    """Return whether a function takes the run; TypeError for one that needs more, or that would do nothing."""
    if not callable(function):
        raise TypeError(f"{name!r} is {function!r}; a task is a function")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"{name!r} has a `yield`, so a call does nothing of it; a task does its work when it is called")
    parameters = inspect.signature(function).parameters.values()
    named = [one for one in parameters if one.kind is one.KEYWORD_ONLY and one.default is one.empty]
    taking = [one for one in parameters if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}]
    needed = [one for one in taking if one.default is one.empty]
    if named:
        raise TypeError(f"{name!r} needs an argument by name, {named[0].name!r}; a task takes none, or the Run")
    if len(needed) > 1:
        raise TypeError(f"{name!r} needs {len(needed)} arguments; a task takes none, or the Run")
    return bool(taking)
