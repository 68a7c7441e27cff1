"""What a unit test is: no server, no process, no network."""

from __future__ import annotations

import socket
import subprocess
from typing import NoReturn

import pytest


@pytest.fixture(autouse=True, scope="session")
def _no_process_and_no_network() -> None:
    """Refuse what takes a unit test out of its process."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a unit test starts no process, and opens no connection: put it into tests/processes")

    patch = pytest.MonkeyPatch()
    patch.setattr(subprocess.Popen, "__init__", refuse)
    patch.setattr(socket.socket, "bind", refuse)
    patch.setattr(socket.socket, "connect", refuse)
