"""The client of a running sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx

from sandbox import environment
from sandbox.errors import SandboxError
from sandbox.session import CHECKOUT, CONTROL, Server, Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_START_TIMEOUT = 60.0
_POLL = 0.02


class Client:
    """A client with which the commands use a running sandbox."""

    def __init__(self, server: Server) -> None:
        """Connect to this server, without a proxy."""
        # An advance takes as long as the jobs that it runs.
        timeout = httpx.Timeout(None)
        self.endpoint = server.endpoint
        self.credentials = server.credentials
        self._http = httpx.Client(
            base_url=server.endpoint + CONTROL,
            headers={"Authorization": f"Bearer {server.credentials.token}"},
            timeout=timeout,
            limits=httpx.Limits(max_keepalive_connections=0),  # a command asks little, and nobody closes the client
            trust_env=False,
        )

    def get(self, what: str) -> Any:  # noqa: ANN401 - JSON
        """Return status, runs, mail, events, jobs or faults."""
        return self._ask("GET", what).json()

    def send(self, method: str, what: str, body: object = None) -> None:
        """Change data of the sandbox, such as its faults."""
        self._ask(method, what, body)

    def log(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return the log of a job's latest run, or of the task with this id."""
        return self._ask("GET", "log", name=name).json()

    def service_environment(self, role: str) -> dict[str, str]:
        """Return the variables with which a process is a container of a service with this task role.

        A Python process then has the sandbox's time. It waits in real time, and so do its calls that wait for messages.
        """
        found: dict[str, str] = self._ask("GET", "service", role=role).json()
        return found

    def advance(self, to: datetime) -> Iterator[datetime]:
        """Move the clock, and yield each moment at which something happened."""
        try:
            with self._http.stream("POST", "/advance", json={"to": to.isoformat()}) as response:
                response.raise_for_status()
                for line in map(json.loads, response.iter_lines()):
                    if "done" in line:
                        return
                    if "error" in line:
                        raise SandboxError(f"the advance failed: {line['error']}")
                    if "moment" in line:
                        yield datetime.fromisoformat(line["moment"])
            raise SandboxError("the sandbox stopped before the advance was complete; restart it with: make down up")
        except httpx.HTTPError as error:
            raise SandboxError(f"the sandbox does not answer ({error}); restart it with: make down up") from error

    def _ask(self, method: str, path: str, body: object = None, **params: str) -> httpx.Response:
        try:
            response = self._http.request(method, "/" + path, params=params, json=body)
            if response.status_code == httpx.codes.NOT_FOUND:
                raise SandboxError(response.json()["error"])
            return response.raise_for_status()
        except httpx.HTTPError as error:
            raise SandboxError(f"the sandbox does not answer ({error}); restart it with: make down up") from error


def connect(session: Session) -> Client:
    """Return the client of a session's sandbox. SandboxError when no sandbox is running."""
    server = session.server()
    if server is None:
        raise SandboxError("no sandbox is running here; start one with: make up")
    return Client(server)


def start_server(  # noqa: PLR0913 - the flags of the server
    session: Session,
    *,
    port: int = 0,
    at: datetime | None = None,
    live: bool = False,
    account: str | None = None,
    images: Mapping[str, Path] | None = None,
    real_provider: bool = False,
) -> Server:
    """Start a session's server process, wait until it serves, and return it. `account` is the account of its AWS.

    `images` are more folders that stand for container images, by the names of the images. With `real_provider` the
    server has no stand-in for the Pulumi provider.

    Raises SandboxError with the last line that the process printed when it does not serve.
    """
    session.make_folder()
    flags = ["--folder", str(session.folder), "--port", str(port)]
    flags += ["--account", account or environment.DEFAULT_ACCOUNT]
    flags += ["--at", at.isoformat()] if at else []
    flags += ["--live"] if live else []
    flags += [f"--image={name}={folder}" for name, folder in (images or {}).items()]
    flags += ["--real-provider"] if real_provider else []
    with session.private(), session.log.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.server", *flags],
            cwd=CHECKOUT,
            env=environment.process_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        server = _wait_for(session, process)
    except KeyboardInterrupt:
        process.kill()
        raise
    if server is not None:
        return server
    process.kill()
    lines = session.log.read_text().strip().splitlines()
    raise SandboxError(f"the sandbox did not start: {lines[-1] if lines else 'it printed nothing'} (see {session.log})")


def _wait_for(session: Session, process: subprocess.Popen[bytes]) -> Server | None:
    """Return the server when the process serves; None when the process ended or takes too long."""
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        server = session.server()
        if server is not None and server.pid == process.pid:
            return server
        time.sleep(_POLL)
    return None
