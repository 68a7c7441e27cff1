"""Runs the containers of tasks as processes, and writes their output to the log streams that AWS would use."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from emulator.ecr import pulls
from emulator.ecs.task_run import Program, TaskRun
from emulator.gateway.gateway import AwsError
from emulator.secrets.task_secrets import SecretError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from emulator.ecs.task import Container, Task
    from emulator.ecs.tasks import Listener

_NO_STREAM = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to "
    "create Cloudwatch log {}: exit status 1"
)
"""ECS's reason for a task whose log stream it could not create, with what failed (recorded)."""
_NOT_READ = "ResourceInitializationError: unable to pull secrets or registry auth: {}"
"""ECS's reason for a task whose execution role could not read a secret, with what failed (recorded)."""
_NO_FOLDER = (
    "CannotPullContainerError: failed to resolve ref {}: not found: no folder of this machine stands for the image"
)
"""ECS's reason for an image that is gone, and why it is gone here: the registry may well have it."""
_NOTHING_TO_RUN = (
    "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to "
    "create shim task: OCI runtime create failed: runc create failed: args must not be empty: unknown"
)
"""A container that neither its image nor anybody else gives a command: runc's error in the frame in which Fargate's
containerd tells others of it. Nobody has recorded the two together."""
_NO_GROUP = "stream: ResourceNotFoundException: The specified log group does not exist. "


class Logs(Protocol):
    """CloudWatch Logs as the log driver uses it."""

    def make_group(self, region: str, group: str, role: str | None) -> None:
        """Create a log group unless it exists, with the permissions of a role; raise AwsError when it may not."""

    def write(self, region: str, group: str, stream: str, lines: list[tuple[datetime, str]]) -> None:
        """Append lines with their times to a stream; raise KeyError when the log group does not exist."""


class Secrets(Protocol):
    """The secrets of containers as ECS reads them."""

    def read(self, region: str, role: str | None, wanted: Iterable[Mapping[str, str]]) -> Mapping[str, str]:
        """Return the values by the names of the variables; raise SecretError when the role cannot read one."""


class LogStream(NamedTuple):
    """A stream of CloudWatch Logs."""

    region: str
    group: str
    name: str


@dataclass(frozen=True)
class Image:
    """A directory on this machine that replaces a container image, with the variables of its volumes and runtime."""

    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)


class Runner:
    """Runs the containers of each task as processes.

    Sidecars whose image is not on this machine, or that have no command, do nothing and end with the task.
    """

    def __init__(
        self,
        images: Mapping[str, Image],
        environment: Mapping[str, str],
        logs: Logs,
        secrets: Secrets,
        role_environment: Callable[[str], Mapping[str, str]],
    ) -> None:
        """Run processes with `environment` (search path, address of the embedded AWS); a container may override it.

        `role_environment` returns the credentials of the task role with this ARN; a task without a role has none.
        """
        self._role_environment = role_environment
        self._images = images
        self._environment = environment
        self._logs = logs
        self._secrets = secrets
        self._runs: dict[str, TaskRun] = {}

    def prepare(self, task: Task) -> str | None:
        """Pull a task's images, read its secrets and open its logs; return ECS's reason if one of it fails."""
        reference = task.main.definition["image"]
        if _image_name(reference) not in self._images:
            return _NO_FOLDER.format(reference)
        try:
            for one in task.containers:
                one.image = pulls.pull(task.execution_role, one.definition["image"])
                wanted = one.definition.get("secrets") or ()
                one.secrets = self._secrets.read(task.region, task.execution_role, wanted)
        except pulls.PullError as error:
            return str(error)
        except SecretError as error:
            return _NOT_READ.format(error)
        problem = next(filter(None, (self._open_log(task, one) for one in task.containers)), None)
        if problem is not None:
            return _NO_STREAM.format(problem)
        return None if task.main.command else _NOTHING_TO_RUN

    def start(self, task: Task, listener: Listener) -> None:
        """Start a task that is ready, and return when its containers run, unless they wait for each other."""
        run = TaskRun(task, self._programs(task), partial(self._log, task), listener)
        self._runs[task.id] = run
        run.start()

    def _programs(self, task: Task) -> dict[str, Program]:
        """Return what the containers run, by their names, as far as that is on this machine."""
        role = self._role_environment(task.role) if task.role else {}
        programs = {}
        for one in task.containers:
            image = self._images.get(_image_name(one.definition["image"]))
            if image is not None and one.command:
                environment = {
                    **self._environment,
                    **role,
                    **image.environment,
                    **one.secrets,
                    **one.environment,
                }
                programs[one.name] = Program(image.directory, environment)
        return programs

    def stop(self, task: Task) -> None:
        """Send SIGTERM to a task's processes."""
        run = self._runs.get(task.id)
        if run is not None:
            run.patience = run.waited + task.stop_timeout
            run.stop()

    def kill(self, task: Task) -> None:
        """Send SIGKILL to a task's processes, unless they have ended."""
        run = self._runs.get(task.id)
        if run is not None:
            run.patience = math.inf
            run.kill()

    def settle(self, patience: float) -> bool:
        """Return whether all tasks have ended, after a wait.

        Each task is waited for at most `patience` seconds in all such waits together, and at most for its stop timeout
        once it was asked to end. A task that lasts longer does not hold the others up again.
        """
        begun = time.monotonic()
        for task, run in list(self._runs.items()):
            if run.join(max(0.0, begun + min(patience, run.patience) - run.waited - time.monotonic())):
                del self._runs[task]
        left = list(self._runs.values())
        for run in left:
            run.waited += time.monotonic() - begun
        return not left

    def stop_all(self) -> None:
        """Kill every process at once."""
        for run in list(self._runs.values()):
            run.kill()

    def _open_log(self, task: Task, container: Container) -> str | None:
        """Create a container's log stream, and its group where the options say so; return what failed, or None."""
        place = log_stream(task, container)
        if place is None:
            return None
        try:
            if _log_options(container).get("awslogs-create-group") == "true":
                self._logs.make_group(place.region, place.group, task.execution_role)
            self._logs.write(*place, [])
        except AwsError as refusal:
            return f"group: {refusal.code}: {refusal.message} "
        except KeyError:
            return _NO_GROUP
        return None

    def _log(self, task: Task, container: Container, lines: Sequence[tuple[datetime, str]]) -> None:
        place = log_stream(task, container)
        if place is not None:
            with suppress(KeyError):  # the log group was deleted meanwhile
                self._logs.write(*place, [*lines[: _kept(task, container, len(lines))]])


def log_stream(task: Task, container: Container | None = None) -> LogStream | None:
    """Return the stream of a container, by default the main one, or None when it does not log with awslogs.

    The stream is `<prefix>/<container>/<task id>`, or without a prefix, which only Fargate requires, the container's id
    in the runtime (ECS Developer Guide, awslogs log driver).
    """
    container = container or task.main
    options = _log_options(container)
    if not options:
        return None
    prefix = options.get("awslogs-stream-prefix")
    name = f"{prefix}/{container.name}/{task.id}" if prefix else task.runtime_id(container)
    return LogStream(options.get("awslogs-region", task.region), options["awslogs-group"], name)


def _log_options(container: Container) -> Mapping[str, str]:
    """Return the options of the awslogs driver; empty when the container uses another one."""
    configuration = container.definition.get("logConfiguration", {})
    options: Mapping[str, str] = configuration.get("options", {})
    return options if configuration.get("logDriver") == "awslogs" else {}


def _kept(task: Task, container: Container, lines: int) -> int:
    """Return how many lines arrive: the driver loses none in the mode `blocking`, which is not its default."""
    staged = container is task.main and _log_options(container).get("mode") != "blocking"
    return max(0, lines - task.lost_lines) if staged else lines


def _image_name(reference: str) -> str:
    """Return the name in a reference such as `registry.example.com/team/name:tag@digest`."""
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[0]
