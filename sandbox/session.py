"""A sandbox as it is kept in a folder: which process it is, where it listens, how far its deployment came."""

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
from toolchain import store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHECKOUT = Path(__file__).resolve().parent.parent
CONTROL = "/_sandbox"
"""Beneath this path of the server's address are the sandbox's own requests."""

_GOOD_ORDER, _KILLED = 10.0, 5.0
"""Seconds that processes have to end when they were asked to, and when they were killed."""
_POLL = 0.02
_PRIVATE = 0o700
OTHERS = 0o077
"""The permissions of everybody but the user, as a umask takes them away."""

PROJECT = "scheduled-jobs"
PLATFORM = "platform"
STACK = "sandbox"


@dataclass(frozen=True)
class Server:
    """The running process of a sandbox, and where it listens."""

    pid: int
    started: float
    """When the process was created; tells it from a later one with the same id."""
    endpoint: str
    provider: int
    credentials: Credentials
    """Let whoever has them do everything here. They are in the session's folder, which only its user can read."""

    @classmethod
    def of_this_process(cls, endpoint: str, provider: int, credentials: Credentials) -> Server:
        """Describe the process that calls."""
        return cls(os.getpid(), psutil.Process().create_time(), endpoint, provider, credentials)

    def process(self) -> psutil.Process | None:
        """Return the process if it is alive and the one that was meant."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 1
        except psutil.NoSuchProcess:
            return None
        return process if same and _runs(process) else None


@dataclass(frozen=True)
class Session:
    """The folder of one sandbox. All that it keeps is in there."""

    folder: Path

    @classmethod
    def default(cls) -> Session:
        """Return the sandbox of this checkout."""
        return cls(CHECKOUT / ".sandbox")

    @property
    def log(self) -> Path:
        """What the server process prints."""
        return self.folder / "server.log"

    @property
    def _server_file(self) -> Path:
        return self.folder / "server.json"

    @property
    def _deploying_file(self) -> Path:
        return self.folder / "deploying"

    def project_folder(self, project: str, stack: str) -> Path:
        """Where the copy of a project's files is that Pulumi works on."""
        return self.folder / "projects" / f"{project}.{stack}"

    def make_folder(self) -> None:
        """Make the session's folder, for its user alone, whatever the umask is."""
        self.folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        self.folder.chmod(_PRIVATE)

    @contextmanager
    def private(self) -> Iterator[None]:
        """Write files that the user alone can read, whatever the umask is."""
        before = os.umask(OTHERS)
        try:
            yield
        finally:
            os.umask(before)

    def write(self, server: Server) -> None:
        """Tell others about the server; they see the whole file or none."""
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
        """Whether a deployment was killed: what it left half-made cannot be told from what is whole."""
        return self._deploying_file.exists()

    @contextmanager
    def deploying(self) -> Iterator[None]:
        """Note that a deployment is under way; the note stays when it is killed, not when it fails in good order."""
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
        """Let one command at a time change this sandbox; the others wait."""
        if self.folder.is_symlink() or (self.folder.exists() and not self.folder.is_dir()):
            raise SandboxError(f"{self.folder} is no folder of the sandbox's own; remove it, then run this again")
        try:
            lock = store.cache_directory() / "locks" / store.digest(str(self.folder))
        except RuntimeError:
            raise SandboxError("there is no home folder: set HOME, or XDG_CACHE_HOME") from None
        with store.exclusive(lock, "another command that changes this sandbox"):
            yield

    def remove(self) -> None:
        """End every process of this sandbox, those too that a killed command left behind, and remove the folder."""
        process = self._server_process()
        left_behind = self._started()
        family = left_behind | ({process, *process.children(recursive=True)} if process else set())
        if process is not None:
            process.terminate()  # ends the jobs that run
            _wait([process], _GOOD_ORDER)
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        _wait(family, _KILLED)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _server_process(self) -> psutil.Process | None:
        """Return the server's process, also where another version of this program has written the file."""
        try:
            known = json.loads(self._server_file.read_text())
            return Server(int(known["pid"]), float(known["started"]), "", 0, Credentials("", "", "")).process()
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _started(self) -> set[psutil.Process]:
        """Find what was started for this sandbox and is not its server: the environment says so."""
        home = str(environment.pulumi_home(self.folder))
        found = set()
        for process in psutil.process_iter():
            with suppress(psutil.Error):  # it has ended, or is somebody else's
                if process.pid != os.getpid() and process.environ().get("PULUMI_HOME") == home:
                    found.add(process)
        return found


def _wait(processes: Iterable[psutil.Process], patience: float) -> list[psutil.Process]:
    """Wait for processes to end, and return those that run on."""
    deadline = time.monotonic() + patience
    while (running := [process for process in processes if _runs(process)]) and time.monotonic() < deadline:
        time.sleep(_POLL)
    return running


def _runs(process: psutil.Process) -> bool:
    """Tell whether a process does anything still: in containers nobody may ever collect those that have ended."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
