"""Runs the containers of tasks as processes, and writes their output to the log streams that AWS would use."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from emulator.ecr import pulls
from emulator.gateway.gateway import AwsError
from emulator.secrets.task_secrets import SecretError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from emulator.ecs.task import Task
    from emulator.ecs.tasks import Listener

NOT_FOUND = 127
"""The exit code of a shell for a command that does not exist."""

_DRAIN = 1.0
"""Seconds to wait for output after a process ended; a child outside its process group may keep the pipe open."""

_NO_STREAM = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to "
    "create Cloudwatch log {}: exit status 1"
)
"""ECS's reason for a task whose log stream it could not create, with what failed (recorded)."""
_NOT_READ = "ResourceInitializationError: unable to pull secrets or registry auth: {}"
"""ECS's reason for a task whose execution role could not read a secret, with what failed (recorded)."""
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


@dataclass
class _Run:
    """A process, and the thread that waits for its end."""

    process: subprocess.Popen[str]
    thread: threading.Thread
    patience: float = math.inf
    """The most seconds that others wait for it in all, once it was asked to end."""
    waited: float = 0.0
    """The seconds that others have waited for it."""


class Runner:
    """Runs the main container of each task as a process; sidecars do nothing and end with it."""

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
        self._runs: dict[str, _Run] = {}

    def start(self, task: Task, listener: Listener) -> None:
        """Start a task, and return when its process runs or could not start."""
        reference = task.main.definition["image"]
        image = self._images.get(_image_name(reference))
        if image is None:
            self._not_started(task, listener, f"CannotPullContainerError: failed to resolve ref {reference}: not found")
            return
        try:
            task.main.image = pulls.pull(task.execution_role, reference)
            wanted = task.main.definition.get("secrets") or ()
            secrets = self._secrets.read(task.region, task.execution_role, wanted)
        except pulls.PullError as error:
            self._not_started(task, listener, str(error))
            return
        except SecretError as error:
            self._not_started(task, listener, _NOT_READ.format(error))
            return
        problem = self._open_log(task)
        if problem is not None:
            self._not_started(task, listener, _NO_STREAM.format(problem))
            return
        if not task.main.command:
            self._not_started(task, listener, _NOTHING_TO_RUN)
            return
        listener.running(task)
        elapsed = _stopwatch(datetime.now(UTC))
        try:
            process = self._spawn(task, image, secrets)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            self._log(task, [(datetime.now(UTC), f'exec: "{task.main.command[0]}": {why}')])
            task.exited(NOT_FOUND, datetime.now(UTC))
            listener.ended(task)
            return
        thread = threading.Thread(target=self._follow, args=(task, process, elapsed, listener), daemon=True)
        self._runs[task.id] = _Run(process, thread)
        thread.start()

    def stop(self, task: Task) -> None:
        """Send SIGTERM to a task's process."""
        run = self._runs.get(task.id)
        if run is not None:
            run.patience = run.waited + task.stop_timeout
            _signal(run.process, signal.SIGTERM)

    def kill(self, task: Task) -> None:
        """Send SIGKILL to a task's process, unless it has ended."""
        run = self._runs.get(task.id)
        if run is not None:
            run.patience = math.inf
            _signal(run.process, signal.SIGKILL)

    def settle(self, patience: float) -> bool:
        """Return whether all tasks have ended, after a wait.

        Each task is waited for at most `patience` seconds in all such waits together, and at most for its stop timeout
        once it was asked to end. A task that lasts longer does not hold the others up again.
        """
        begun = time.monotonic()
        for task, run in list(self._runs.items()):
            run.thread.join(max(0.0, begun + min(patience, run.patience) - run.waited - time.monotonic()))
            if not run.thread.is_alive():
                del self._runs[task]
        left = list(self._runs.values())
        for run in left:
            run.waited += time.monotonic() - begun
        return not left

    def stop_all(self) -> None:
        """Kill every process at once."""
        for run in list(self._runs.values()):
            _signal(run.process, signal.SIGKILL)

    def _spawn(self, task: Task, image: Image, secrets: Mapping[str, str]) -> subprocess.Popen[str]:
        working = task.main.definition.get("workingDirectory", "")
        directory = image.directory / working.lstrip("/")
        if not directory.is_dir():
            raise ValueError(f"the working directory {working} does not exist")
        return subprocess.Popen(
            task.main.command,
            cwd=directory,
            env={
                **self._environment,
                **(self._role_environment(task.role) if task.role else {}),
                **image.environment,
                **secrets,
                **task.main.environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    def _follow(
        self, task: Task, process: subprocess.Popen[str], elapsed: Callable[[], datetime], listener: Listener
    ) -> None:
        lines: list[tuple[datetime, str]] = []

        def read() -> None:
            assert process.stdout is not None  # noqa: S101 - it is a pipe, see _spawn
            with process.stdout as output:
                lines.extend((elapsed(), line.rstrip("\n")) for line in output)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        code = process.wait()
        ended = elapsed()
        # A container ends with its first process.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        reader.join(_DRAIN)
        with suppress(KeyError):  # the log group was deleted meanwhile
            # A line may be read after the process ended, but the process wrote it before it ended.
            self._log(task, [(min(at, ended), text) for at, text in lines[: _kept(task, len(lines))]])
        # Shells and ECS report the end by signal N as exit code 128 + N.
        task.exited(128 - code if code < 0 else code, ended)
        listener.ended(task)

    def _open_log(self, task: Task) -> str | None:
        """Create a task's log stream, and its group where the options say so; return what failed, or None."""
        place = log_stream(task)
        if place is None:
            return None
        try:
            if _log_options(task).get("awslogs-create-group") == "true":
                self._logs.make_group(place.region, place.group, task.execution_role)
            self._logs.write(*place, [])
        except AwsError as refusal:
            return f"group: {refusal.code}: {refusal.message} "
        except KeyError:
            return _NO_GROUP
        return None

    def _log(self, task: Task, lines: list[tuple[datetime, str]]) -> None:
        place = log_stream(task)
        if place is not None:
            self._logs.write(*place, lines)

    @staticmethod
    def _not_started(task: Task, listener: Listener, reason: str) -> None:
        task.failed_to_start(reason, datetime.now(UTC))
        listener.ended(task)


def log_stream(task: Task) -> LogStream | None:
    """Return the stream of a task's main container, or None when it does not log with awslogs.

    The stream is `<prefix>/<container>/<task id>`, or without a prefix, which only Fargate requires, the container's id
    in the runtime (ECS Developer Guide, awslogs log driver).
    """
    options = _log_options(task)
    if not options:
        return None
    prefix = options.get("awslogs-stream-prefix")
    name = f"{prefix}/{task.main.name}/{task.id}" if prefix else task.runtime_id(task.main)
    return LogStream(options.get("awslogs-region", task.region), options["awslogs-group"], name)


def _log_options(task: Task) -> Mapping[str, str]:
    """Return the options of the awslogs driver; empty when the main container uses another one."""
    configuration = task.main.definition.get("logConfiguration", {})
    options: Mapping[str, str] = configuration.get("options", {})
    return options if configuration.get("logDriver") == "awslogs" else {}


def _kept(task: Task, lines: int) -> int:
    """Return how many lines arrive: the driver loses none in the mode `blocking`, which is not its default."""
    return lines if _log_options(task).get("mode") == "blocking" else max(0, lines - task.lost_lines)


def _stopwatch(begun: datetime) -> Callable[[], datetime]:
    """Return a clock that starts at `begun` and runs with the machine's time; the sandbox's clock may stand still."""
    since = time.monotonic()
    return lambda: begun + timedelta(seconds=time.monotonic() - since)


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to a process and its process group, unless the process has ended."""
    with suppress(ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, number)


def _image_name(reference: str) -> str:
    """Return the name in a reference such as `registry.example.com/team/name:tag@digest`."""
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[0]
