"""A real Redis server, empty and with nothing on disk."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.distribution import program
from tests.loopback import HOST, Served, ended, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READY = b"Ready to accept connections"
_ATTEMPTS = 5
"""How often a port is chosen; another process may take it before Redis does."""


@contextmanager
def redis_server(folder: Path) -> Iterator[Served]:
    """Run a Redis server on loopback until the end; skip the test where there is none."""
    server = _started(folder)
    with ended(server.process):
        yield server


def _started(folder: Path) -> Served:
    redis = program("redis-server")
    for _ in range(_ATTEMPTS):
        port = free_port()
        words = ["--port", str(port), "--bind", HOST, "--save", "", "--dir", str(folder)]
        process = subprocess.Popen([*redis, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert process.stdout is not None
        if any(_READY in line for line in process.stdout):
            return Served(port, process)
        with ended(process):
            pass
    raise AssertionError(f"no Redis server starts; the words of the last one: {words}")
