"""Servers of tests on the loopback address, each a process that its test starts and ends."""

from __future__ import annotations

import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

HOST = "127.0.0.1"
_PATIENCE = 10.0
"""Seconds that a process has to end after SIGTERM."""


@dataclass(frozen=True)
class Served:
    """A server of a test."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{HOST}:{self.port}"

    def kill(self) -> None:
        """End the process as a lost machine ends; its connections are refused from now on."""
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(
    words: Callable[[int, int], Sequence[str]],
    environment: Mapping[str, str],
) -> Iterator[Served]:
    """Run a server that takes over a socket, and end it with its own process id.

    `words` gets the socket's number and port, and returns the command. The socket listens already, so that the first
    request waits until the server answers, and no other process can take the port.
    """
    with socket.create_server((HOST, 0), backlog=128) as listener:
        port: int = listener.getsockname()[1]
        process = subprocess.Popen(
            words(listener.fileno(), port),
            env=environment,
            stdin=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
        )
    with ended(process):
        yield Served(port, process)


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process at the end, if it has not ended by itself."""
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def free_port() -> int:
    """Return a port of loopback that nothing uses now."""
    with socket.create_server((HOST, 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
