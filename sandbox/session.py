"""The folder of a sandbox: its process, its addresses, and whether a deployment is unfinished."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from emulator.iam.credentials import Credentials
from sandbox import environment
from sandbox.errors import SandboxError
from settings import NAMESPACE
from toolchain import store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHECKOUT = Path(__file__).resolve().parent.parent
CONTROL = "/_sandbox"
"""The path of the sandbox's own requests, at the server's address."""

_GOOD_ORDER, _KILLED = 10.0, 5.0
"""Seconds to wait for processes to end: after a request to end, and after a kill."""
_POLL = 0.02
_PRIVATE = 0o700
OTHERS = 0o077
"""The umask that removes the permissions of everybody but the user."""

PROJECT = NAMESPACE
PLATFORM = "platform"
STACK = "sandbox"


@dataclass(frozen=True)
class Server:
    """The running process of a sandbox, and its addresses."""

    pid: int
    started: float
    """When the process was created, to tell it from a later process with the same id."""
    endpoint: str
    provider: int | None
    """The port of the stand-in for the Pulumi provider; None with AWS's own provider."""
    credentials: Credentials
    """They allow everything in this sandbox. They are in the session's folder, which only its user can read."""

    @classmethod
    def of_this_process(cls, endpoint: str, provider: int | None, credentials: Credentials) -> Server:
        """Return the description of the calling process."""
        return cls(os.getpid(), psutil.Process().create_time(), endpoint, provider, credentials)

    def process(self) -> psutil.Process | None:
        """Return the process if it is alive; None also when another process has its id."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 1
        except psutil.NoSuchProcess:
            return None
        return process if same and _runs(process) else None


@dataclass(frozen=True)
class Session:
    """The folder of one sandbox, which holds all its data."""

    folder: Path

    @classmethod
    def default(cls) -> Session:
        """Return the sandbox of this checkout."""
        return cls(CHECKOUT / ".sandbox")

    @property
    def log(self) -> Path:
        """The file that holds the output of the server process."""
        return self.folder / "server.log"

    @property
    def _server_file(self) -> Path:
        return self.folder / "server.json"

    @property
    def _deploying_file(self) -> Path:
        return self.folder / "deploying"

    def project_folder(self, project: str, stack: str) -> Path:
        """Return the folder with the copy of a project's files that Pulumi uses."""
        return self.folder / "projects" / f"{project}.{stack}"

    def make_folder(self) -> None:
        """Make the session's folder readable by its user only, whatever the umask."""
        self.folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        self.folder.chmod(_PRIVATE)

    @contextmanager
    def private(self) -> Iterator[None]:
        """Make new files readable by the user only inside the block, whatever the umask."""
        before = os.umask(OTHERS)
        try:
            yield
        finally:
            os.umask(before)

    def write(self, server: Server) -> None:
        """Write the server's description to its file, in one step, so that nobody reads half a file."""
        partial = self._server_file.with_suffix(".new")
        partial.write_text(json.dumps(dataclasses.asdict(server)))
        partial.replace(self._server_file)

    def server(self) -> Server | None:
        """Return the server if it is alive."""
        try:
            known = json.loads(self._server_file.read_text())
            server = Server(**{**known, "credentials": Credentials(**known["credentials"])})
            alive = server.process() is not None
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return server if alive else None

    @property
    def cut_off(self) -> bool:
        """Whether a deployment was killed, so that some resources may be half-made."""
        return self._deploying_file.exists()

    @contextmanager
    def deploying(self) -> Iterator[None]:
        """Mark the session during a deployment, and remove the mark on success and on a SandboxError only."""
        with self.private():
            self._deploying_file.touch()
        try:
            yield
        except SandboxError:
            self._deploying_file.unlink()
            raise
        self._deploying_file.unlink()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Allow one command at a time to change this sandbox; other commands wait."""
        if self.folder.is_symlink() or (self.folder.exists() and not self.folder.is_dir()):
            raise SandboxError(f"{self.folder} is not a folder of the sandbox; remove it, then run this command again")
        try:
            lock = store.cache_directory() / "locks" / store.digest(str(self.folder))
        except RuntimeError:
            raise SandboxError("there is no home folder; set HOME or XDG_CACHE_HOME") from None
        with store.exclusive(lock, "another command that changes this sandbox"):
            yield

    def remove(self) -> None:
        """Stop every process of this sandbox, also those of a killed command, and delete the folder."""
        process = self._server_process()
        left_behind = self._started()
        family = left_behind | ({process, *process.children(recursive=True)} if process else set())
        if process is not None:
            process.terminate()  # the server stops the running jobs
            _wait([process], _GOOD_ORDER)
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        _wait(family, _KILLED)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _server_process(self) -> psutil.Process | None:
        """Return the server's process, even when another version of this program wrote the file."""
        try:
            known = json.loads(self._server_file.read_text())
            return Server(int(known["pid"]), float(known["started"]), "", 0, Credentials("", "", "")).process()
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _started(self) -> set[psutil.Process]:
        """Return the processes that were started for this sandbox, by their PULUMI_HOME, which the server lacks."""
        home = str(environment.pulumi_home(self.folder))
        found = set()
        for process in psutil.process_iter():
            with suppress(psutil.Error):  # the process has ended or belongs to another user
                if process.pid != os.getpid() and process.environ().get("PULUMI_HOME") == home:
                    found.add(process)
        return found


def _wait(processes: Iterable[psutil.Process], patience: float) -> list[psutil.Process]:
    """Wait for processes to end, and return those that are still running."""
    deadline = time.monotonic() + patience
    while (running := [process for process in processes if _runs(process)]) and time.monotonic() < deadline:
        time.sleep(_POLL)
    return running


def _runs(process: psutil.Process) -> bool:
    """Return whether a process is running; a zombie, which a container may never collect, is not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
