"""Runs the containers of one task together: in their order, until an essential one ends."""

from __future__ import annotations

import math
import signal
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from emulator.ecs import start_order
from emulator.ecs.container_process import ContainerProcess, stopwatch, succeeds
from emulator.ecs.task import TERMINATED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from emulator.ecs.task import Container, Task
    from emulator.ecs.tasks import Listener

NOT_FOUND = 127
"""The exit code of a shell for a command that does not exist."""
_LONGEST_END = 2.0
"""The most seconds of this machine that a sidecar has to end after SIGTERM, if its own timeout is longer."""
_LONGEST_WAIT = 10.0
"""The most seconds of this machine in which a container must become healthy."""
_BETWEEN_CHECKS = 0.05
"""Seconds of this machine between two health checks. Those of ECS are at least five seconds apart."""


class Program(NamedTuple):
    """What a container runs: a folder that stands for its image, and all its variables."""

    directory: Path
    environment: Mapping[str, str]


class Log(Protocol):
    """The log of containers."""

    def __call__(self, container: Container, lines: Sequence[tuple[datetime, str]]) -> None:
        """Keep the lines of a container, with their times."""


@dataclass
class TaskRun:
    """The processes of one task. A sidecar without a program does nothing and ends with the task."""

    task: Task
    programs: Mapping[str, Program]
    """By container. The job's container has one."""
    log: Log
    listener: Listener
    patience: float = math.inf
    """The most seconds that others wait for it in all, once it was asked to end."""
    waited: float = 0.0
    """The seconds that others have waited for it."""
    _thread: threading.Thread | None = field(default=None, init=False)
    """The thread that follows the job's container; None while there is none."""
    _processes: dict[str, ContainerProcess] = field(default_factory=dict, init=False)
    _followers: list[threading.Thread] = field(default_factory=list, init=False)
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)
    """Whether the task must stop."""
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False)

    @property
    def process(self) -> ContainerProcess:
        """The process of the job's container."""
        return self._processes[self.task.main.name]

    def start(self) -> None:
        """Start the containers, and return when they run, unless one waits for more than the start of another."""
        definitions = [one.definition for one in self.task.containers]
        order = start_order.ordered(definitions) if len(definitions) > 1 else [self.task.main.name]
        elapsed = stopwatch(datetime.now(UTC))
        if start_order.waits(definitions):
            work: Callable[[], None] = partial(self._begin_and_follow, order, elapsed)
        elif self._begin(order, elapsed):
            work = self._follow_main
        else:
            self._end()
            return
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> bool:
        """Return whether the task has ended, after a wait."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def stop(self) -> None:
        """Ask the containers to end, with SIGTERM. Those that the job's container depends on end after it."""
        self._stopped.set()
        main = self.task.main
        with self._lock:
            first = {name for name in self._processes if main.name not in self._processes or not self._is_needed(name)}
            for name in first:
                self._processes[name].signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the containers at once."""
        self._stopped.set()
        with self._lock:
            for process in self._processes.values():
                process.signal(signal.SIGKILL)

    def _is_needed(self, name: str) -> bool:
        return any(other["containerName"] == name for other in self.task.main.definition.get("dependsOn") or ())

    def _begin_and_follow(self, order: Sequence[str], elapsed: Callable[[], datetime]) -> None:
        if self._begin(order, elapsed):
            self._follow_main()
        else:
            self._end()

    def _follow_main(self) -> None:
        """Wait for the end of the job's container, which ends the task."""
        code, ended, lines = self.process.result()
        self.log(self.task.main, lines)
        self._end(code, ended)

    def _begin(self, order: Sequence[str], elapsed: Callable[[], datetime]) -> bool:
        """Start each container when those that it depends on are ready; return whether the job's runs."""
        containers = {one.name: one for one in self.task.containers}
        for name in [name for name in order if name in containers]:
            container = containers[name]
            reason = self._problem(container, containers)
            if reason is not None:
                container.exit_code, container.reason = TERMINATED, reason
                if container is self.task.main or container.definition.get("essential", True):
                    return False
            if container is self.task.main:
                if self._stopped.is_set():
                    return False
                self.listener.running(self.task)
            if reason is None and name in self.programs and container.exit_code is None:
                self._start(container, elapsed)
        return self.task.main.name in self._processes

    def _start(self, container: Container, elapsed: Callable[[], datetime]) -> None:
        program = self.programs[container.name]
        try:
            process = ContainerProcess.started(container, program.directory, program.environment, elapsed)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            self.log(container, [(datetime.now(UTC), f'exec: "{container.command[0]}": {why}')])
            container.exit_code = NOT_FOUND
            return
        with self._lock:
            self._processes[container.name] = process
            if self._stopped.is_set():
                process.signal(signal.SIGTERM)
        if container is not self.task.main:
            follower = threading.Thread(target=self._follow, args=(container, process), daemon=True)
            self._followers.append(follower)
            follower.start()

    def _follow(self, container: Container, process: ContainerProcess) -> None:
        """Wait for the end of a sidecar. That of an essential one ends the task."""
        code, ended, lines = process.result()
        self.log(container, lines)
        essential = container.definition.get("essential", True)
        with self._lock:
            container.exit_code = code
            first = essential and not self._stopped.is_set()
            if first:
                self._stopped.set()
                self.task.sidecar_exited(container.name, code, None, ended)
        if first:
            self.listener.stopping(self.task)
            main = self._processes.get(self.task.main.name)
            if main is not None:
                main.signal(signal.SIGTERM)
                if not main.wait(self.task.stop_timeout):
                    main.signal(signal.SIGKILL)

    def _problem(self, container: Container, containers: Mapping[str, Container]) -> str | None:
        """Wait for the containers that one depends on; return ECS's reason if it waits in vain."""
        for needed in container.definition.get("dependsOn") or ():
            dependency, condition = containers[needed["containerName"]], needed["condition"]
            if not self._comes_to(dependency, condition) and not self._stopped.is_set():
                return start_order.unresolved(
                    container.definition, dependency.definition, condition, dependency.exit_code
                )
        return None

    def _comes_to(self, dependency: Container, condition: str) -> bool:
        process = self._processes.get(dependency.name)
        if process is None or condition == start_order.START:
            return self._is_ready_as_it_is(dependency, condition)
        if condition == start_order.HEALTHY:
            return self._is_healthy(dependency, process)
        until = time.monotonic() + dependency.definition.get("startTimeout", math.inf)
        while dependency.exit_code is None:
            if self._stopped.wait(_BETWEEN_CHECKS) or time.monotonic() > until:
                return False
        return condition == start_order.COMPLETE or dependency.exit_code == 0

    @staticmethod
    def _is_ready_as_it_is(dependency: Container, condition: str) -> bool:
        """Return whether nothing must be waited for. A container without a program does nothing, and does it well."""
        if condition in (start_order.COMPLETE, start_order.SUCCESS) and dependency.exit_code is None:
            dependency.exit_code = 0
        return condition in (start_order.START, start_order.COMPLETE) or dependency.exit_code in (None, 0)

    def _is_healthy(self, container: Container, process: ContainerProcess) -> bool:
        check, program = container.definition["healthCheck"], self.programs[container.name]
        kind, *words = check["command"]
        command = ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words
        until = time.monotonic() + min(_LONGEST_WAIT, container.definition.get("startTimeout", math.inf))
        while not process.has_ended() and not self._stopped.is_set() and time.monotonic() < until:
            if succeeds(command, program.directory, program.environment, check.get("timeout", 5)):
                return True
            self._stopped.wait(_BETWEEN_CHECKS)
        return False

    def _end(self, code: int | None = None, ended: datetime | None = None) -> None:
        """End the sidecars after the job's container, and report the end of the task."""
        self._stopped.set()
        with self._lock:
            left = {name: one for name, one in self._processes.items() if not one.has_ended()}
            for process in left.values():
                process.signal(signal.SIGTERM)
        timeouts = {one.name: int(one.definition.get("stopTimeout", _LONGEST_END)) for one in self.task.containers}
        for name, process in left.items():
            if not process.wait(min(timeouts[name], _LONGEST_END)):
                process.signal(signal.SIGKILL)
        for follower in self._followers:
            follower.join()
        self.task.exited(self.task.main.exit_code if code is None else code, ended or datetime.now(UTC))
        self.listener.ended(self.task)
